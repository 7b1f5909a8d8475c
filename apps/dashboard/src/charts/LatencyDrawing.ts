/**
 * How latency is drawn: three lines with bands between them, failures as ticks on the floor, and grey hatching where
 * nothing is known.
 */
import type { LatencySeries } from "@openseer/core/contract/ResultsApi"
import type uPlot from "uplot"
import type { Css, Drawing } from "~/charts/Canvas.tsx"
import { type Column, isUnknown, lonely, type Run, runsOf } from "~/charts/Columns.ts"
import { millis } from "~/charts/Quantity.ts"

const tickHeight = 9

/** The drawing of a series, as it is when it is drawn: data comes anew while the canvas stays. */
export const latencyDrawing =
  (series: () => LatencySeries): Drawing =>
  (css) => ({
    unit: millis,
    series: [
      {},
      line(() => series().p50, css("--accent"), 2),
      line(() => series().p95, css("--accent"), 1.25, "b0"),
      line(() => series().p99, css("--accent"), 1, "70")
    ],
    bands: [
      { series: [2, 1], fill: `${css("--accent")}2e` },
      { series: [3, 2], fill: `${css("--accent")}14` }
    ],
    hooks: {
      drawClear: [(u) => hatch(u, css, series(), unknownRuns(series()))],
      draw: [(u) => failures(u, css, series())]
    }
  })

/** A line of a column; points without neighbours are dots. `alpha` is the end of a colour like #2456d6. */
export const line = (column: () => Column, color: string, width: number, alpha = ""): uPlot.Series => ({
  stroke: `${color}${alpha}`,
  width,
  spanGaps: false,
  points: { show: true, size: 4, fill: color, stroke: color, filter: () => [...lonely(column())] }
})

/** The buckets of which nothing is known. */
export const unknownRuns = (series: LatencySeries): ReadonlyArray<Run> =>
  runsOf(series.n.length, (i) => isUnknown(series, i))

/** Hatches runs of buckets over the whole height. */
export const hatch = (
  u: uPlot,
  css: Css,
  series: { readonly t0: number; readonly stepMs: number },
  runs: ReadonlyArray<Run>
): void => {
  const { ctx } = u
  const { height, left, top, width } = u.bbox
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  for (const { from, to } of runs) {
    const x = u.valToPos(series.t0 + from * series.stepMs, "x", true)
    // What is yet to come is not unknown.
    const end = u.valToPos(Math.min(Date.now(), series.t0 + (to + 1) * series.stepMs), "x", true)
    if (end <= x) continue
    ctx.save()
    ctx.beginPath()
    ctx.rect(x, top, Math.max(1, end - x), height)
    ctx.clip()
    ctx.fillStyle = css("--unknown-soft")
    ctx.fillRect(x, top, end - x, height)
    ctx.strokeStyle = `${css("--unknown-fill")}66`
    ctx.lineWidth = 1
    ctx.beginPath()
    for (let at = x - (x % 8) - height; at < end; at += 8) {
      ctx.moveTo(at, top + height)
      ctx.lineTo(at + height, top)
    }
    ctx.stroke()
    ctx.restore()
  }
  ctx.restore()
}

const failures = (u: uPlot, css: Css, series: LatencySeries): void => {
  const { ctx } = u
  const { height, left, top, width } = u.bbox
  const ratio = devicePixelRatio
  const bucket = u.valToPos(series.t0 + series.stepMs, "x", true) - u.valToPos(series.t0, "x", true)
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  for (const [i, failed] of series.failed.entries()) {
    if (failed === 0) continue
    const x = u.valToPos(series.t0 + i * series.stepMs, "x", true)
    const isAll = (series.n[i] ?? 0) === 0
    if (isAll) {
      ctx.fillStyle = `${css("--down-fill")}24`
      ctx.fillRect(x, top, Math.max(ratio, bucket), height)
    }
    ctx.fillStyle = css("--down-fill")
    const tick = (isAll ? 2 : 1) * tickHeight * ratio
    ctx.fillRect(x + bucket * 0.1, top + height - tick, Math.max(2 * ratio, bucket * 0.8), tick)
  }
  ctx.restore()
}
