/**
 * What stands in place of something that one's role may not see or do.
 */
import Lock from "lucide-solid/icons/lock"
import { type JSX, Show } from "solid-js"
import { useAccount } from "~/components/AccountContext.tsx"

/** `what` begins the sentence: "API keys are seen and made". */
export function AdminsOnly(props: { what: string; children: JSX.Element }) {
  const { account, may } = useAccount()
  return (
    <Show
      when={may("admin")}
      fallback={
        <p class="flex items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-3 text-muted">
          <Lock size={16} class="shrink-0" aria-hidden="true" />
          <span>
            {props.what} by admins and owners. You are {account()?.organization?.role ?? "no member"} here; ask one of
            them.
          </span>
        </p>
      }
    >
      {props.children}
    </Show>
  )
}
