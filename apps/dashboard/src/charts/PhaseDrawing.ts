/**
 * How phases are drawn: on top of each other, so that the upper edge is the mean of the whole run.
 */
import type { PhaseSeries } from "@openseer/core/contract/ViewsApi"
import type { Drawing } from "~/charts/Canvas.tsx"
import { type Column, runsOf } from "~/charts/Columns.ts"
import { hatch, line } from "~/charts/LatencyDrawing.ts"
import { phases } from "~/charts/Phase.ts"
import { millis } from "~/charts/Quantity.ts"

/** The drawing of a series, as it is when it is drawn; `columns` are its phases on top of each other. */
export const phaseDrawing =
  (series: () => PhaseSeries, columns: () => ReadonlyArray<Column>): Drawing =>
  (css) => {
    return {
      unit: millis,
      series: [
        {},
        ...phases.map(({ variable }, i) => ({
          ...line(() => columns()[i]!, css(variable), 1),
          ...(i === 0 ? { fill: `${css(variable)}c0` } : {})
        }))
      ],
      bands: phases.slice(1).map(({ variable }, i) => ({
        series: [i + 2, i + 1] as [number, number],
        fill: `${css(variable)}c0`
      })),
      hooks: { drawClear: [(u) => hatch(u, css, series(), unmeasured(series()))] }
    }
  }

const unmeasured = ({ n }: PhaseSeries) => runsOf(n.length, (i) => n[i] === 0)
