/**
 * Rows of a form, of which there may be any number.
 */
import Plus from "lucide-solid/icons/plus"
import X from "lucide-solid/icons/x"
import { createSignal, For, type JSX } from "solid-js"
import { Button } from "~/components/Button.tsx"
import { useForm } from "~/components/FormContext.ts"
import { rowField } from "~/editor/SpecValues.ts"

/** Rows that are there: those of the value, or of what was posted, and one to fill in. */
const rowsOf = (path: string, count: number, max: number): ReadonlyArray<number> => {
  const form = useForm()
  const posted = Array.from({ length: max }, (_, index) => index).filter(
    (index) => form?.value(rowField(`${path}.${index}`)) !== undefined
  )
  if (posted.length > 0) return posted
  return Array.from({ length: Math.min(max, count + 1) }, (_, index) => index)
}

/** Rows with "add" and "remove"; without JavaScript there is one empty row, and an empty row does not count. */
export function FormRows(props: {
  path: string
  count: number
  max: number
  what: string
  children: (path: string, index: number) => JSX.Element
}) {
  const [rows, setRows] = createSignal(rowsOf(props.path, props.count, props.max))
  return (
    <div class="flex flex-col gap-2">
      <For each={rows()}>
        {(index) => (
          <div class="flex items-start gap-2">
            <input type="hidden" name={rowField(`${props.path}.${index}`)} value="1" />
            <div class="min-w-0 flex-1">{props.children(`${props.path}.${index}`, index)}</div>
            <Button
              variant="quiet"
              class="script-only"
              aria-label={`Remove ${props.what} ${index + 1}`}
              onClick={() => setRows((all) => all.filter((one) => one !== index))}
            >
              <X size={14} aria-hidden="true" />
            </Button>
          </div>
        )}
      </For>
      <div>
        <Button
          class="script-only"
          disabled={rows().length >= props.max}
          onClick={() => setRows((all) => [...all, Math.max(-1, ...all) + 1])}
        >
          <Plus size={14} aria-hidden="true" /> Add {props.what}
        </Button>
      </div>
    </div>
  )
}
