/**
 * The columns of a chart as a table, the newest first.
 */
import { createSignal, Index, onMount } from "solid-js"
import { bucketWords } from "~/charts/TimeTicks.ts"

/** One column: its head, and what stands in a row. */
export interface TableColumn {
  readonly head: string
  readonly length: number
  readonly cell: (i: number) => string
}

/** Times are in the reader's zone, which only the browser knows, unless `whenWords` says them. */
export function ColumnTable(props: {
  t0: number
  stepMs: number
  whenWords?: (at: number) => string
  columns: ReadonlyArray<TableColumn>
}) {
  const [isMounted, setMounted] = createSignal(false)
  onMount(() => setMounted(true))
  const rows = () => {
    const length = props.columns[0]?.length ?? 0
    return Array.from({ length }, (_, i) => length - 1 - i)
  }
  const words = (i: number) => {
    const at = props.t0 + i * props.stepMs
    if (props.whenWords) return props.whenWords(at)
    return isMounted() ? bucketWords(at, props.stepMs) : new Date(at).toISOString()
  }
  return (
    <div
      role="region"
      aria-label="Values as a table"
      tabindex="0"
      class="max-h-80 overflow-auto rounded-md border border-line"
    >
      <table class="w-full border-collapse text-right">
        <thead class="sticky top-0 bg-sunken text-muted">
          <tr>
            <th scope="col" class="px-3 py-1.5 text-left font-medium">
              Time
            </th>
            <Index each={props.columns}>
              {(column) => (
                <th scope="col" class="px-3 py-1.5 font-medium">
                  {column().head}
                </th>
              )}
            </Index>
          </tr>
        </thead>
        <tbody>
          <Index each={rows()}>
            {(i) => (
              <tr class="border-t border-line">
                <th scope="row" class="px-3 py-1 text-left font-normal whitespace-nowrap">
                  <time datetime={new Date(props.t0 + i() * props.stepMs).toISOString()}>{words(i())}</time>
                </th>
                <Index each={props.columns}>
                  {(column) => <td class="px-3 py-1 whitespace-nowrap">{column().cell(i())}</td>}
                </Index>
              </tr>
            )}
          </Index>
        </tbody>
      </table>
    </div>
  )
}
