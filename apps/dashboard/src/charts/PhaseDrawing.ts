/**
 * How phases are drawn: on top of each other, so that the upper edge is the mean of the whole run.
 */
import type { PhaseSeries } from "@openseer/core/contract/ViewsApi"
import type { Drawing } from "~/charts/Canvas.tsx"
import { runsOf, stacked } from "~/charts/Columns.ts"
import { hatch, line } from "~/charts/LatencyDrawing.ts"
import { phases } from "~/charts/Phase.ts"
import { millis } from "~/charts/Quantity.ts"

/** The drawing of a series. */
export const phaseDrawing =
  (series: PhaseSeries): Drawing =>
  (css) => {
    const columns = stacked(series)
    const gaps = runsOf(series.n.length, (i) => series.n[i] === 0)
    return {
      unit: millis,
      series: [
        {},
        ...phases.map(({ variable }, i) => ({
          ...line(columns[i]!, css(variable), 1),
          ...(i === 0 ? { fill: `${css(variable)}c0` } : {})
        }))
      ],
      bands: phases.slice(1).map(({ variable }, i) => ({
        series: [i + 2, i + 1] as [number, number],
        fill: `${css(variable)}c0`
      })),
      hooks: { drawClear: [(u) => hatch(u, css, series, gaps)] }
    }
  }
