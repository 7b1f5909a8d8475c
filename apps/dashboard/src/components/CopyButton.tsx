/**
 * Copies a text, and says that it did.
 */
import Check from "lucide-solid/icons/check"
import Copy from "lucide-solid/icons/copy"
import { createSignal, onCleanup, Show } from "solid-js"
import { Button } from "~/components/Button.tsx"
import { toast } from "~/components/Toast.ts"

/** `what` names it for screen readers: "the token". */
export function CopyButton(props: { text: string; what: string }) {
  const [copied, setCopied] = createSignal(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text)
      setCopied(true)
      timer = setTimeout(() => setCopied(false), 2_000)
    } catch {
      toast.error("The browser did not allow copying: select the text and copy it by hand")
    }
  }
  return (
    <Button aria-label={`Copy ${props.what}`} onClick={() => void copy()}>
      <Show when={copied()} fallback={<Copy size={14} aria-hidden="true" />}>
        <Check size={14} class="text-up" aria-hidden="true" />
      </Show>
      <span aria-live="polite">{copied() ? "Copied" : "Copy"}</span>
    </Button>
  )
}
