/**
 * Asks before something is destroyed: the browser's own dialog, with its focus trap and Escape.
 */
import { createSignal, createUniqueId, type JSX } from "solid-js"
import { Button, type ButtonVariant } from "~/components/Button.tsx"

/**
 * A button that opens a dialog. `children` is what it asks, usually with an `ApiForm` that does it; it gets a function
 * that closes. Without JavaScript the button opens nothing: give what must work there a page or `<details>`.
 */
export function ConfirmDialog(props: {
  trigger: JSX.Element
  triggerVariant?: ButtonVariant
  triggerClass?: string
  /** When the trigger shows an icon alone. */
  triggerLabel?: string
  title: string
  children: (close: () => void) => JSX.Element
}) {
  let dialog!: HTMLDialogElement
  const [isOpen, setOpen] = createSignal(false)
  const titleId = createUniqueId()
  const close = () => dialog.close()
  return (
    <>
      <Button
        variant={props.triggerVariant ?? "secondary"}
        class={props.triggerClass ?? ""}
        aria-label={props.triggerLabel}
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true)
          dialog.showModal()
        }}
      >
        {props.trigger}
      </Button>
      <dialog
        ref={dialog}
        aria-labelledby={titleId}
        class="w-[min(28rem,calc(100vw-2rem))] rounded-panel border border-line bg-surface p-5 shadow-raised"
        onClose={() => setOpen(false)}
        onClick={(event) => event.target === dialog && close()}
      >
        <h2 id={titleId} class="mb-2 text-lg font-semibold">
          {props.title}
        </h2>
        {isOpen() && props.children(close)}
      </dialog>
    </>
  )
}
