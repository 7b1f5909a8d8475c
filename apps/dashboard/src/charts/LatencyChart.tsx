/**
 * Latency of a monitor by time: bands from P50 to P99, with failures and what is not known.
 */
import type { LatencySeries } from "@openseer/core/contract/ResultsApi"
import { createMemo } from "solid-js"
import { Canvas } from "~/charts/Canvas.tsx"
import { ChartFrame, type LegendItem } from "~/charts/ChartFrame.tsx"
import { bucketAt, instantsOf, latencyWords } from "~/charts/Columns.ts"
import { latencyDrawing } from "~/charts/LatencyDrawing.ts"
import { count, millis } from "~/charts/Quantity.ts"
import { Swatch } from "~/charts/Swatch.tsx"
import { hoverWords, tickLabels } from "~/charts/TimeTicks.ts"
import { useChartKeys } from "~/monitor/ChartKeys.ts"
import { useWindow } from "~/monitor/Window.tsx"

/** `window` says what it is about: "last 24 hours, all regions". */
export function LatencyChart(props: { series: LatencySeries; window: string }) {
  const view = useWindow()
  const length = () => props.series.n.length
  const data = createMemo(
    () =>
      [
        instantsOf(props.series, length()),
        [...props.series.p50],
        [...props.series.p95],
        [...props.series.p99]
      ] as Parameters<typeof Canvas>[0]["data"]
  )
  const keys = useChartKeys(() => props.series, length)
  const at = () => bucketAt(props.series, length(), view.hover())
  const legend = (): ReadonlyArray<LegendItem> => {
    const i = at()
    const { overall } = props.series
    const us = (name: "p50" | "p95" | "p99") => millis(i === undefined ? overall[name] : props.series[name][i])
    const n = (name: "n" | "failed" | "errors" | "missed") =>
      i === undefined ? overall[name] : (props.series[name][i] ?? 0)
    return [
      { label: "P50", value: us("p50"), mark: <Line width={2} />, title: "Half of the runs took at most this long" },
      { label: "P95", value: us("p95"), mark: <Line width={1.5} opacity={0.7} />, title: "95 of 100 runs" },
      { label: "P99", value: us("p99"), mark: <Line width={1} opacity={0.45} />, title: "99 of 100 runs" },
      {
        label: "Runs",
        value: count(n("n")),
        mark: "",
        title: "Runs that were up or degraded: the percentiles are of these"
      },
      {
        label: "Failed",
        value: count(n("failed")),
        mark: <Swatch class="fill-down-fill" />,
        title: "The target's fault"
      },
      {
        label: "Not checked",
        value: count(n("errors") + n("missed")),
        mark: <Swatch class="fill-unknown-fill" />,
        title: "Missed, or our own fault: nothing is known of the target"
      }
    ]
  }
  return (
    <ChartFrame
      words={latencyWords(props.series, props.window)}
      when={hoverWords(props.series, at(), props.window)}
      legend={legend()}
      empty={props.series.overall.n === 0 ? "No run was up in this window, so there is no latency" : undefined}
      keys={keys}
      table={{
        t0: props.series.t0,
        stepMs: props.series.stepMs,
        columns: [
          { head: "P50", length: length(), cell: (i) => millis(props.series.p50[i]) },
          { head: "P95", length: length(), cell: (i) => millis(props.series.p95[i]) },
          { head: "P99", length: length(), cell: (i) => millis(props.series.p99[i]) },
          { head: "Runs", length: length(), cell: (i) => count(props.series.n[i] ?? 0) },
          { head: "Failed", length: length(), cell: (i) => count(props.series.failed[i] ?? 0) },
          {
            head: "Not checked",
            length: length(),
            cell: (i) => count((props.series.errors[i] ?? 0) + (props.series.missed[i] ?? 0))
          }
        ]
      }}
    >
      <Canvas
        data={data()}
        drawing={latencyDrawing(() => props.series)}
        fromMs={view.fromMs()}
        toMs={view.toMs()}
        height={240}
        hover={view.hover()}
        onHover={view.setHover}
        onZoom={view.zoomTo}
        onReset={view.reset}
        ticks={tickLabels}
      />
    </ChartFrame>
  )
}

function Line(props: { width: number; opacity?: number }) {
  return (
    <svg width="14" height="8" aria-hidden="true" class="text-accent">
      <path d="M0 4h14" stroke="currentColor" stroke-width={props.width} opacity={props.opacity ?? 1} />
    </svg>
  )
}
