/**
 * Regions by time as one picture: one path a tone, whatever the number of cells.
 */
import type { MatrixRegion, RegionMatrix } from "@openseer/core/contract/ViewsApi"
import { counted, millis } from "~/charts/Quantity.ts"

/** How a cell is. What nobody could check is unknown, and never up. */
export type CellState = "up" | "degraded" | "down" | "unknown"

/** The worst that any run in a cell was. */
export const cellState = (region: MatrixRegion, i: number): CellState => {
  if ((region.down[i] ?? 0) > 0) return "down"
  if ((region.degraded[i] ?? 0) > 0) return "degraded"
  return (region.up[i] ?? 0) > 0 ? "up" : "unknown"
}

/** How much of the height of a row a cell leaves free, so that tone is not colour alone. */
const free: Readonly<Record<CellState, number>> = { up: 0, degraded: 0.2, down: 0.4, unknown: 0.75 }

/** The paths: a cell is one unit wide, a row `rowHeight` units high with `gap` units below it. */
export const matrixPaths = (
  regions: ReadonlyArray<MatrixRegion>,
  rowHeight: number,
  gap: number
): ReadonlyArray<readonly [CellState, string]> => {
  const drawn = new Map<CellState, string>()
  for (const [row, region] of regions.entries()) {
    const bottom = row * (rowHeight + gap) + rowHeight
    for (let i = 0; i < region.p95.length;) {
      const state = cellState(region, i)
      const start = i
      // Cells that are alike are one shape: a day of minutes is a few hundred bytes.
      while (i < region.p95.length && cellState(region, i) === state) i++
      const top = bottom - rowHeight * (1 - free[state])
      drawn.set(state, `${drawn.get(state) ?? ""}M${start} ${round(top)}h${i - start}V${bottom}h${start - i}z`)
    }
  }
  return [...drawn]
}

/** A cell in words: "down 2 of 30 checks, P95 142 ms". */
export const cellWords = (region: MatrixRegion, i: number): string => {
  const of = (column: ReadonlyArray<number>) => column[i] ?? 0
  const known = of(region.up) + of(region.degraded) + of(region.down)
  const unsaid = of(region.error) + of(region.missed)
  const state = cellState(region, i)
  if (state === "unknown")
    return unsaid === 0 ? "unknown, nothing was due" : `unknown, ${counted(unsaid, "check")} not made`
  const head =
    state === "up" ? `up, ${counted(known, "check")}` : `${state} ${of(region[state])} of ${counted(known, "check")}`
  const p95 = region.p95[i] ?? null
  return [head, p95 === null ? "" : `P95 ${millis(p95)}`, unsaid === 0 ? "" : `${unsaid} not made`]
    .filter(Boolean)
    .join(", ")
}

/** The whole matrix in words: each region with how many of its cells are not up. */
export const matrixWords = ({ regions }: RegionMatrix, window: string): string =>
  `Regions by time, ${window}. ${regions
    .map((region) => {
      const cells = { up: 0, degraded: 0, down: 0, unknown: 0 }
      for (let i = 0; i < region.p95.length; i++) cells[cellState(region, i)]++
      const bad = (["down", "degraded", "unknown"] as const).filter((state) => cells[state] > 0)
      return `${region.region}: ${bad.length === 0 ? "up throughout" : bad.map((state) => `${state} in ${cells[state]} of ${region.p95.length}`).join(", ")}.`
    })
    .join(" ")}`

const round = (value: number): number => Math.round(value * 100) / 100
