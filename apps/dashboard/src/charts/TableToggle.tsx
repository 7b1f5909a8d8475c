/**
 * The button that shows a chart as a table, and the table as a chart again.
 */
import Table from "lucide-solid/icons/table-2"
import { Button } from "~/components/Button.tsx"

/** `controls` is the id of what has either. */
export function TableToggle(props: { isTable: boolean; controls: string; toggle: () => void }) {
  return (
    <Button
      variant="quiet"
      class="ml-auto"
      aria-pressed={props.isTable}
      aria-controls={props.controls}
      onClick={() => props.toggle()}
    >
      <Table size={14} aria-hidden="true" />
      {props.isTable ? "Show as chart" : "Show as table"}
    </Button>
  )
}
