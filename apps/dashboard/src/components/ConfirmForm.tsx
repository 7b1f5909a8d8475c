/**
 * Asks before something is destroyed, and does it. Without JavaScript the button leads to the same page with the question
 * open: `?confirm=`.
 */
import { useLocation, useSearchParams } from "@solidjs/router"
import { createSignal, createUniqueId, For, type JSX, onMount } from "solid-js"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { Button, buttonClass, type ButtonVariant } from "~/components/Button.tsx"

/** `form` and `id` name the form and what it is about; `children` say what comes of it, and may hold further fields. */
export function ConfirmForm(props: {
  form: string
  id: string
  hidden?: Readonly<Record<string, string>>
  /** On the button that opens the question, and what it says to screen readers: "Revoke the key CI". */
  trigger: string
  label: string
  triggerVariant?: ButtonVariant
  /** The question. */
  title: string
  /** On the button that does it. */
  action: string
  actionVariant?: ButtonVariant
  /** Said when it was done. */
  done?: string
  children: JSX.Element
}) {
  const [search] = useSearchParams<{ confirm?: string }>()
  const location = useLocation()
  const name = () => `${props.form}:${props.id}`
  const [isOpen, setOpen] = createSignal(search.confirm === name())
  const titleId = createUniqueId()
  let dialog!: HTMLDialogElement
  const show = () => {
    setOpen(true)
    dialog.showModal()
  }
  onMount(() => {
    if (!isOpen()) return
    // Not by close(): that tells of itself later, when the question is open again, and would empty it.
    dialog.removeAttribute("open")
    show()
  })
  const others = () => [...new URLSearchParams(location.search)].filter(([key]) => key !== "confirm")
  return (
    <>
      <form
        method="get"
        action={location.pathname}
        class="inline-flex"
        onSubmit={(event) => {
          event.preventDefault()
          show()
        }}
      >
        <For each={others()}>{([key, value]) => <input type="hidden" name={key} value={value} />}</For>
        <input type="hidden" name="confirm" value={name()} />
        <button
          type="submit"
          aria-label={props.label}
          aria-haspopup="dialog"
          class={buttonClass(props.triggerVariant ?? "quiet")}
        >
          {props.trigger}
        </button>
      </form>
      <dialog
        ref={dialog}
        open={search.confirm === name()}
        aria-labelledby={titleId}
        class="fixed inset-0 z-50 m-auto h-fit max-h-[calc(100dvh-2rem)] w-[min(28rem,calc(100vw-2rem))] rounded-panel border border-line bg-surface p-5 text-left font-normal whitespace-normal text-text shadow-raised"
        onClose={() => setOpen(false)}
        onClick={(event) => event.target === dialog && dialog.close()}
      >
        <h2 id={titleId} class="mb-2 text-lg font-semibold wrap-anywhere">
          {props.title}
        </h2>
        {isOpen() && (
          <ApiForm
            name={props.form}
            key={props.id}
            hidden={props.hidden ?? {}}
            class="flex flex-col gap-3"
            onDone={() => dialog.close()}
            {...(props.done ? { done: props.done } : {})}
          >
            <FormProblem />
            <div class="flex flex-col gap-3">{props.children}</div>
            <div class="mt-2 flex justify-end gap-2">
              <Cancel close={() => dialog.close()} />
              <SubmitButton variant={props.actionVariant ?? "danger"}>{props.action}</SubmitButton>
            </div>
          </ApiForm>
        )}
      </dialog>
    </>
  )
}

/** A link without a script, a button with one. */
function Cancel(props: { close: () => void }) {
  const location = useLocation()
  const [hasScript, setHasScript] = createSignal(false)
  onMount(() => setHasScript(true))
  return (
    <>
      {hasScript() ? (
        <Button onClick={() => props.close()}>Cancel</Button>
      ) : (
        <a href={location.pathname} class={buttonClass()}>
          Cancel
        </a>
      )}
    </>
  )
}
