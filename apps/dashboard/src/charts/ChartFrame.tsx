/**
 * What stands around a chart: its own legend with the values under the pointer, the chart as one picture with a text,
 * keys to move and zoom, and the same as a table.
 */
import { createSignal, createUniqueId, For, type JSX, Show } from "solid-js"
import { ColumnTable, type TableColumn } from "~/charts/ColumnTable.tsx"
import { TableToggle } from "~/charts/TableToggle.tsx"
import { useWindow } from "~/monitor/Window.tsx"

/** A value of a legend. */
export interface LegendItem {
  readonly label: string
  readonly value: string
  readonly title?: string
  /** How it is drawn: a small picture. */
  readonly mark: JSX.Element
}

/** Moves and zooms by keys: `step` is -1 or 1 bucket, `pan` a share of the window, `zoom` a factor of its length. */
export interface ChartKeys {
  readonly step: (by: number) => void
  /** To the row above or below, where a chart has rows. */
  readonly row?: (by: number) => void
  readonly pan: (share: number) => void
  readonly zoom: (factor: number) => void
  readonly reset: () => void
}

/** `when` says what the values of the legend are of: the window, or the bucket under the pointer. */
export function ChartFrame(props: {
  /** The chart in words, as it is. */
  words: string
  when: string
  legend: ReadonlyArray<LegendItem>
  keys: ChartKeys
  /** Said over the chart when it has nothing to show. */
  empty?: string | undefined
  table: { readonly t0: number; readonly stepMs: number; readonly columns: ReadonlyArray<TableColumn> }
  children: JSX.Element
}) {
  const { isTables } = useWindow()
  const [chosen, setTable] = createSignal<boolean>()
  const isTable = () => chosen() ?? isTables()
  const id = createUniqueId()
  // Read out by keys alone: a pointer that crosses the chart would talk without end.
  const [isReading, setReading] = createSignal(false)
  const readout = () =>
    [props.when, ...props.legend.flatMap(({ label, value }) => (value === "" ? [] : [`${label} ${value}`]))].join(", ")
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { keys } = props
    const way = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0
    if (way !== 0 && event.shiftKey) keys.pan(way / 2)
    else if (way !== 0) keys.step(way)
    else if (keys.row && event.key === "ArrowUp") keys.row(-1)
    else if (keys.row && event.key === "ArrowDown") keys.row(1)
    else if (event.key === "+" || event.key === "=") keys.zoom(0.5)
    else if (event.key === "-") keys.zoom(2)
    else if (event.key === "Escape" || event.key === "0") keys.reset()
    else return
    setReading(event.key.startsWith("Arrow") && !event.shiftKey)
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="flex min-w-0 flex-col gap-2">
      <div class="flex flex-wrap items-center gap-x-5 gap-y-1">
        <dl class="flex flex-wrap gap-x-5 gap-y-1">
          <For each={props.legend}>
            {(item) => (
              <div class="flex items-center gap-1.5" title={item.title}>
                <dt class="inline-flex items-center gap-1.5 text-muted">
                  {item.mark}
                  {item.label}
                </dt>
                <dd class={item.value === "" ? "sr-only" : "min-w-12 font-medium"}>{item.value}</dd>
              </div>
            )}
          </For>
        </dl>
        <span class="text-muted">{props.when}</span>
        <TableToggle isTable={isTable()} controls={id} toggle={() => setTable(!isTable())} />
      </div>
      <p aria-live="polite" class="sr-only">
        {isReading() ? readout() : ""}
      </p>
      <div id={id}>
        <Show when={!isTable()} fallback={<ColumnTable {...props.table} />}>
          <div
            role="group"
            tabindex="0"
            aria-label="Chart. Arrow keys read out, with Shift they move the window, plus and minus zoom, Escape shows all"
            class="rounded-md"
            onKeyDown={onKeyDown}
            onBlur={() => setReading(false)}
            onPointerMove={() => setReading(false)}
          >
            <div role="img" aria-label={props.words} class="relative">
              {props.children}
              <Show when={props.empty}>
                <p class="pointer-events-none absolute inset-0 flex items-center justify-center pb-7 pl-14">
                  <span class="rounded-md border border-line bg-surface px-3 py-1 text-muted">{props.empty}</span>
                </p>
              </Show>
            </div>
          </div>
        </Show>
      </div>
    </div>
  )
}
