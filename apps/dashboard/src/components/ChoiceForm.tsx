/**
 * A choice of how pages look, as buttons of which one is pressed. A form, so that it works without JavaScript; with it, it
 * is done at once.
 */
import { useLocation } from "@solidjs/router"
import type Sun from "lucide-solid/icons/sun"
import { createSignal, For, onMount } from "solid-js"
import { Dynamic } from "solid-js/web"

/** One button. */
export interface Choice<Value extends string> {
  readonly value: Value
  readonly label: string
  readonly icon: typeof Sun
}

/** `first` is what the server knows; `current` asks the page and `choose` changes it, in the browser only. */
export function ChoiceForm<Value extends string>(props: {
  /** Of the form in `src/forms/Registry.ts`. */
  form: string
  /** The field that it reads. */
  name: string
  label: string
  choices: ReadonlyArray<Choice<Value>>
  first: Value
  current: () => Value
  choose: (value: Value) => void
}) {
  const location = useLocation()
  const [chosen, setChosen] = createSignal<string>(props.first)
  onMount(() => setChosen(() => props.current()))
  return (
    <form
      method="post"
      action={location.pathname + location.search}
      aria-label={props.label}
      class="flex rounded-md border border-line bg-sunken p-0.5"
      onSubmit={(event) => {
        event.preventDefault()
        const value = (event.submitter as HTMLButtonElement).value as Value
        props.choose(value)
        setChosen(() => value)
      }}
    >
      <input type="hidden" name="_form" value={props.form} />
      <For each={props.choices}>
        {(choice) => (
          <button
            type="submit"
            name={props.name}
            value={choice.value}
            aria-pressed={chosen() === choice.value}
            class="flex min-h-6 flex-1 items-center justify-center gap-1 rounded px-2 text-muted hover:text-text aria-pressed:bg-surface aria-pressed:font-semibold aria-pressed:text-text"
          >
            <Dynamic component={choice.icon} size={14} aria-hidden="true" />
            {choice.label}
          </button>
        )}
      </For>
    </form>
  )
}
