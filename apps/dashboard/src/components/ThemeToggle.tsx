/**
 * Light, dark, or as the system says. A form, so that it works without JavaScript; with it, it is done at once.
 */
import Monitor from "lucide-solid/icons/monitor"
import Moon from "lucide-solid/icons/moon"
import Sun from "lucide-solid/icons/sun"
import { useLocation } from "@solidjs/router"
import { createSignal, For, onMount } from "solid-js"
import { Dynamic, getRequestEvent } from "solid-js/web"
import { type Theme, themeCookie } from "~/server/Theme.ts"

type Choice = Theme | "system"

const choices: ReadonlyArray<{ readonly value: Choice; readonly label: string; readonly icon: typeof Sun }> = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "system", label: "System", icon: Monitor }
]

const choose = (choice: Choice): void => {
  const { documentElement } = document
  if (choice === "system") delete documentElement.dataset["theme"]
  else documentElement.dataset["theme"] = choice
  const life = choice === "system" ? "; Max-Age=0" : `${choice}; Max-Age=31536000`
  document.cookie = `${themeCookie}=${life}; Path=/; SameSite=Lax`
}

/** Three buttons, of which one is pressed. */
export function ThemeToggle() {
  const location = useLocation()
  const [chosen, setChosen] = createSignal<Choice>(getRequestEvent()?.locals.theme ?? "system")
  onMount(() => setChosen((document.documentElement.dataset["theme"] as Theme | undefined) ?? "system"))
  return (
    <form
      method="post"
      action={location.pathname + location.search}
      aria-label="Appearance"
      class="flex rounded-md border border-line bg-sunken p-0.5"
      onSubmit={(event) => {
        event.preventDefault()
        const choice = (event.submitter as HTMLButtonElement).value as Choice
        choose(choice)
        setChosen(choice)
      }}
    >
      <input type="hidden" name="_form" value="choose-theme" />
      <For each={choices}>
        {(choice) => (
          <button
            type="submit"
            name="theme"
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
