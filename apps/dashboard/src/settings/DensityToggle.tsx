/**
 * More or less room in rows. A form, so that it works without JavaScript; with it, it is done at once.
 */
import Rows2 from "lucide-solid/icons/rows-2"
import Rows4 from "lucide-solid/icons/rows-4"
import { useLocation } from "@solidjs/router"
import { createSignal, For, onMount } from "solid-js"
import { Dynamic, getRequestEvent } from "solid-js/web"
import { type Density, densityCookie } from "~/server/Density.ts"

const choices: ReadonlyArray<{ readonly value: Density; readonly label: string; readonly icon: typeof Rows2 }> = [
  { value: "comfortable", label: "Comfortable", icon: Rows2 },
  { value: "compact", label: "Compact", icon: Rows4 }
]

/** Two buttons, of which one is pressed. */
export function DensityToggle() {
  const location = useLocation()
  const [chosen, setChosen] = createSignal<Density>(getRequestEvent()?.locals.density ?? "comfortable")
  onMount(() => setChosen(document.documentElement.dataset["density"] === "compact" ? "compact" : "comfortable"))
  return (
    <form
      method="post"
      action={location.pathname + location.search}
      aria-label="Density"
      class="flex rounded-md border border-line bg-sunken p-0.5"
      onSubmit={(event) => {
        event.preventDefault()
        const density = (event.submitter as HTMLButtonElement).value as Density
        document.documentElement.dataset["density"] = density
        document.cookie = densityCookie(density)
        setChosen(density)
      }}
    >
      <input type="hidden" name="_form" value="choose-density" />
      <For each={choices}>
        {(choice) => (
          <button
            type="submit"
            name="density"
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
