/**
 * Light, dark, or as the system says.
 */
import Monitor from "lucide-solid/icons/monitor"
import Moon from "lucide-solid/icons/moon"
import Sun from "lucide-solid/icons/sun"
import { getRequestEvent } from "solid-js/web"
import { type Choice, ChoiceForm } from "~/components/ChoiceForm.tsx"
import { type Theme, themeCookie } from "~/server/Theme.ts"

const choices: ReadonlyArray<Choice<Theme | "system">> = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "system", label: "System", icon: Monitor }
]

const choose = (choice: Theme | "system"): void => {
  const { dataset } = document.documentElement
  if (choice === "system") delete dataset["theme"]
  else dataset["theme"] = choice
  document.cookie = themeCookie(choice === "system" ? undefined : choice)
}

/** Three buttons, of which one is pressed. */
export function ThemeToggle() {
  return (
    <ChoiceForm
      form="choose-theme"
      name="theme"
      label="Appearance"
      choices={choices}
      first={getRequestEvent()?.locals.theme ?? "system"}
      current={() => (document.documentElement.dataset["theme"] as Theme | undefined) ?? "system"}
      choose={choose}
    />
  )
}
