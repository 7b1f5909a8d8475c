/**
 * A menu below a button: the browser's `<details>`, which opens without JavaScript; with it, Escape and a click
 * elsewhere close it.
 */
import { type JSX, onCleanup, onMount } from "solid-js"

/** `label` names the button for screen readers; `children` are links, buttons and forms. */
export function Menu(props: {
  label: string
  button: JSX.Element
  class?: string
  /** Where the panel is, from the button: classes. */
  place?: string
  children: JSX.Element
}) {
  let details!: HTMLDetailsElement
  onMount(() => {
    const close = (event: Event) => {
      if (!details.open || (event.target instanceof Node && details.contains(event.target) && event.type === "click"))
        return
      details.open = false
    }
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !details.open) return
      details.open = false
      details.querySelector("summary")?.focus()
    }
    document.addEventListener("click", close)
    document.addEventListener("keydown", escape)
    onCleanup(() => {
      document.removeEventListener("click", close)
      document.removeEventListener("keydown", escape)
    })
  })
  return (
    <details ref={details} class={`relative ${props.class ?? ""}`}>
      <summary aria-label={props.label} class="flex min-h-9 items-center gap-2 rounded-md px-2 hover:bg-hover">
        {props.button}
      </summary>
      <div
        class={`absolute z-40 flex min-w-56 flex-col rounded-panel border border-line bg-surface p-1 shadow-raised ${
          props.place ?? "top-full left-0 mt-1"
        }`}
      >
        {props.children}
      </div>
    </details>
  )
}

/** The looks of what stands in a menu. */
export const menuItemClass =
  "flex min-h-8 w-full items-center gap-2 rounded px-2 text-left hover:bg-hover aria-[current=true]:font-semibold"
