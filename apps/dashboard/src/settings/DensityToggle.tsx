/**
 * More or less room in rows.
 */
import Rows2 from "lucide-solid/icons/rows-2"
import Rows4 from "lucide-solid/icons/rows-4"
import { getRequestEvent } from "solid-js/web"
import { type Choice, ChoiceForm } from "~/components/ChoiceForm.tsx"
import { type Density, densityCookie } from "~/server/Density.ts"

const choices: ReadonlyArray<Choice<Density>> = [
  { value: "comfortable", label: "Comfortable", icon: Rows2 },
  { value: "compact", label: "Compact", icon: Rows4 }
]

/** Two buttons, of which one is pressed. */
export function DensityToggle() {
  return (
    <ChoiceForm
      form="choose-density"
      name="density"
      label="Density"
      choices={choices}
      first={getRequestEvent()?.locals.density ?? "comfortable"}
      current={() => (document.documentElement.dataset["density"] === "compact" ? "compact" : "comfortable")}
      choose={(density) => {
        document.documentElement.dataset["density"] = density
        document.cookie = densityCookie(density)
      }}
    />
  )
}
