/**
 * Where the time goes, by time: the mean of each phase, on top of each other.
 */
import type { PhaseSeries } from "@openseer/core/contract/ViewsApi"
import { createMemo } from "solid-js"
import { Canvas } from "~/charts/Canvas.tsx"
import { ChartFrame, type LegendItem } from "~/charts/ChartFrame.tsx"
import { bucketAt, instantsOf, phaseMeans, phaseWords, stacked } from "~/charts/Columns.ts"
import { phases } from "~/charts/Phase.ts"
import { phaseDrawing } from "~/charts/PhaseDrawing.ts"
import { count, millis } from "~/charts/Quantity.ts"
import { Swatch } from "~/charts/Swatch.tsx"
import { hoverWords, tickLabels } from "~/charts/TimeTicks.ts"
import { useChartKeys } from "~/monitor/ChartKeys.ts"
import { useWindow } from "~/monitor/Window.tsx"

/** `window` says what it is about: "last 24 hours, all regions". */
export function PhaseChart(props: { series: PhaseSeries; window: string }) {
  const view = useWindow()
  const length = () => props.series.n.length
  const columns = createMemo(() => stacked(props.series))
  const data = createMemo(
    () => [instantsOf(props.series, length()), ...columns()] as unknown as Parameters<typeof Canvas>[0]["data"]
  )
  const means = createMemo(() => phaseMeans(props.series))
  const keys = useChartKeys(() => props.series, length)
  const at = () => bucketAt(props.series, length(), view.hover())
  const legend = (): ReadonlyArray<LegendItem> => {
    const i = at()
    return [
      ...phases.map(({ fill, name, title, word }) => ({
        label: word,
        title,
        value: millis(i === undefined ? means()?.us[name] : props.series[name][i]),
        mark: <Swatch class={fill} />
      })),
      { label: "Runs", value: count(i === undefined ? (means()?.n ?? 0) : (props.series.n[i] ?? 0)), mark: "" }
    ]
  }
  return (
    <ChartFrame
      words={phaseWords(props.series, props.window)}
      when={hoverWords(props.series, at(), props.window)}
      legend={legend()}
      empty={means() === undefined ? "No run was up in this window, or its details are no longer kept" : undefined}
      keys={keys}
      table={{
        t0: props.series.t0,
        stepMs: props.series.stepMs,
        columns: [
          ...phases.map(({ name, word }) => ({
            head: word,
            length: length(),
            cell: (i: number) => millis(props.series[name][i])
          })),
          { head: "Runs", length: length(), cell: (i) => count(props.series.n[i] ?? 0) }
        ]
      }}
    >
      <Canvas
        data={data()}
        drawing={phaseDrawing(() => props.series, columns)}
        fromMs={view.fromMs()}
        toMs={view.toMs()}
        height={176}
        hover={view.hover()}
        onHover={view.setHover}
        onZoom={view.zoomTo}
        onReset={view.reset}
        ticks={tickLabels}
      />
    </ChartFrame>
  )
}
