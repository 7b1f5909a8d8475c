/**
 * Goes to the identity provider, when there is one.
 */
import KeyRound from "lucide-solid/icons/key-round"
import type { AuthOptions } from "@openseer/core/contract/AuthApi"
import { Show } from "solid-js"
import { buttonClass } from "~/components/Button.tsx"

/** `verb` is what one does with it: "Sign in with". An invitation goes along by its token. */
export function ProviderLink(props: {
  provider: AuthOptions["oidc"] | undefined
  verb: string
  next?: string | undefined
  invitation?: string
}) {
  const href = (path: string): string => {
    const search = new URLSearchParams()
    if (props.next) search.set("next", props.next)
    if (props.invitation) search.set("invitation", props.invitation)
    return search.size === 0 ? path : `${path}?${search}`
  }
  return (
    <Show when={props.provider}>
      {(provider) => (
        <>
          <a
            href={href(provider().path)}
            rel="external"
            target="_self"
            class={buttonClass("secondary", "min-h-9 w-full whitespace-normal")}
          >
            <KeyRound size={16} class="shrink-0" aria-hidden="true" />
            {props.verb} {provider().name}
          </a>
          <div
            class="my-4 flex items-center gap-3 text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line"
            aria-hidden="true"
          >
            or
          </div>
        </>
      )}
    </Show>
  )
}
