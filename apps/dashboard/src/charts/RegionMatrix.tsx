/**
 * Regions by time: whether trouble is here or everywhere, at a glance. One picture with a path a tone.
 */
import type { Latency } from "@openseer/core/contract/ResultsApi"
import type { RegionMatrix as Matrix } from "@openseer/core/contract/ViewsApi"
import { createMemo, createSignal, For, Show } from "solid-js"
import { ChartFrame } from "~/charts/ChartFrame.tsx"
import { bucketAt } from "~/charts/Columns.ts"
import { type CellState, cellWords, matrixPaths, matrixWords } from "~/charts/MatrixPaths.ts"
import { millis } from "~/charts/Quantity.ts"
import { bucketWords } from "~/charts/TimeTicks.ts"
import { useChartKeys } from "~/monitor/ChartKeys.ts"
import { useWindow } from "~/monitor/Window.tsx"

const rowHeight = 20
const gap = 8

const fills: Readonly<Record<CellState, string>> = {
  up: "fill-up-fill",
  degraded: "fill-degraded-fill",
  down: "fill-down-fill",
  unknown: "fill-unknown-fill/60"
}
const words: ReadonlyArray<readonly [CellState, string]> = [
  ["up", "Up"],
  ["degraded", "Degraded"],
  ["down", "Down"],
  ["unknown", "Unknown"]
]

/** `latency` has the P95 of each region over the whole window. */
export function RegionMatrix(props: {
  matrix: Matrix
  latency: Readonly<Record<string, Latency>> | undefined
  window: string
}) {
  const view = useWindow()
  const [row, setRow] = createSignal(0)
  const length = () => props.matrix.regions[0]?.p95.length ?? 0
  const height = () => props.matrix.regions.length * (rowHeight + gap) - gap
  const paths = createMemo(() => matrixPaths(props.matrix.regions, rowHeight, gap))
  const at = () => bucketAt(props.matrix, length(), view.hover())
  const keys = {
    ...useChartKeys(() => props.matrix, length),
    row: (by: number) => setRow((before) => Math.min(props.matrix.regions.length - 1, Math.max(0, before + by)))
  }
  const shownRow = () => Math.min(row(), props.matrix.regions.length - 1)
  const readout = () => {
    const i = at()
    const region = props.matrix.regions[shownRow()]
    return i === undefined || region === undefined
      ? undefined
      : `${region.region}, ${bucketWords(props.matrix.t0 + i * props.matrix.stepMs, props.matrix.stepMs)}: ${cellWords(region, i)}`
  }
  const point = (event: PointerEvent & { currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect()
    const i = Math.floor(((event.clientX - box.left) / box.width) * length())
    setRow(Math.floor((event.clientY - box.top) / (rowHeight + gap)))
    view.setHover(props.matrix.t0 + (i + 0.5) * props.matrix.stepMs)
  }
  return (
    <ChartFrame
      words={matrixWords(props.matrix, props.window)}
      when={readout() ?? props.window}
      legend={words.map(([state, label]) => ({
        label,
        value: "",
        mark: (
          <svg width="8" height="8" aria-hidden="true">
            <rect width="8" height="8" rx="1.5" class={fills[state]} />
          </svg>
        )
      }))}
      keys={keys}
      table={{
        t0: props.matrix.t0,
        stepMs: props.matrix.stepMs,
        columns: props.matrix.regions.map((region) => ({
          head: region.region,
          length: length(),
          cell: (i) => cellWords(region, i)
        }))
      }}
    >
      <div class="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-3">
        <ul class="flex flex-col gap-[8px]">
          <For each={props.matrix.regions}>
            {(region) => <li class="h-[20px] max-w-36 truncate">{region.region}</li>}
          </For>
        </ul>
        <svg
          viewBox={`0 0 ${length()} ${height()}`}
          height={height()}
          preserveAspectRatio="none"
          class="block w-full"
          aria-hidden="true"
          onPointerMove={point}
          onPointerLeave={() => view.setHover(undefined)}
        >
          <rect width={length()} height={height()} fill="transparent" />
          <For each={paths()}>{([state, d]) => <path d={d} class={fills[state]} />}</For>
          <Show when={at() !== undefined}>
            <path
              d={`M${at()! + 0.5} 0V${height()}`}
              vector-effect="non-scaling-stroke"
              stroke-width="1"
              stroke-dasharray="3 2"
              class="stroke-text"
            />
          </Show>
        </svg>
        <ul class="flex flex-col gap-[8px] text-right">
          <For each={props.matrix.regions}>
            {(region, index) => (
              <li class="h-[20px] min-w-16" title="P95: of the window, or of the cell under the pointer">
                {millis(
                  at() === undefined ? props.latency?.[region.region]?.p95 : props.matrix.regions[index()]!.p95[at()!]
                )}
              </li>
            )}
          </For>
        </ul>
      </div>
    </ChartFrame>
  )
}
