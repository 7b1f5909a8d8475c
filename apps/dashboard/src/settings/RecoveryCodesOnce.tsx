/**
 * Recovery codes, which are shown this once: to copy, or to keep as a file.
 */
import Download from "lucide-solid/icons/download"
import { useLocation } from "@solidjs/router"
import { For, Show } from "solid-js"
import { buttonClass } from "~/components/Button.tsx"
import { CopyButton } from "~/components/CopyButton.tsx"

/** `onKept` is called by whoever has kept them. */
export function RecoveryCodesOnce(props: { codes: ReadonlyArray<string>; onKept?: () => void }) {
  const location = useLocation()
  const text = () => `${props.codes.join("\n")}\n`
  return (
    <div role="status" class="flex max-w-xl flex-col gap-3 rounded-panel border border-accent bg-accent-soft p-4">
      <h3 class="font-semibold">Recovery codes</h3>
      <p>
        Each signs in once, when the app is lost. They are shown this once: keep them where you keep passwords, and not
        on the telephone with the app.
      </p>
      <ul class="grid grid-cols-1 gap-x-6 gap-y-1 font-mono sm:grid-cols-2">
        <For each={props.codes}>{(code) => <li>{code}</li>}</For>
      </ul>
      <div class="flex flex-wrap gap-2">
        <CopyButton text={text()} what="the recovery codes" />
        <a
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(`OpenSeer recovery codes\n\n${text()}`)}`}
          download="openseer-recovery-codes.txt"
          rel="external"
          class={buttonClass()}
        >
          <Download size={14} aria-hidden="true" /> Download
        </a>
        <Show when={props.onKept}>
          <a
            href={location.pathname}
            rel="external"
            target="_self"
            class={buttonClass("primary")}
            onClick={(event) => {
              event.preventDefault()
              props.onKept?.()
            }}
          >
            I have kept them
          </a>
        </Show>
      </div>
    </div>
  )
}
