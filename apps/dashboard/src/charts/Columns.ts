/**
 * Columns of the API as what a chart draws: instants, lines, stacks, and the runs of buckets of which nothing is known.
 */
import type { LatencySeries } from "@openseer/core/contract/ResultsApi"
import type { PhaseSeries } from "@openseer/core/contract/ViewsApi"
import { counted, millis } from "~/charts/Quantity.ts"
import { phases } from "~/charts/Phase.ts"

/** A column of a chart; null is a gap. */
export type Column = ReadonlyArray<number | null>

/** Buckets side by side that are alike, from the first to the last one. */
export interface Run {
  readonly from: number
  readonly to: number
}

/** The middle of each bucket, in milliseconds. */
export const instantsOf = (series: { readonly t0: number; readonly stepMs: number }, length: number): Array<number> =>
  Array.from({ length }, (_, i) => series.t0 + (i + 0.5) * series.stepMs)

/** The bucket that an instant is in. */
export const bucketAt = (
  series: { readonly t0: number; readonly stepMs: number },
  length: number,
  at: number | undefined
): number | undefined => {
  if (at === undefined) return undefined
  const i = Math.floor((at - series.t0) / series.stepMs)
  return i >= 0 && i < length ? i : undefined
}

/** Where something holds without a break. */
export const runsOf = (length: number, holds: (i: number) => boolean): ReadonlyArray<Run> => {
  const runs: Array<{ from: number; to: number }> = []
  for (let i = 0; i < length; i++) {
    if (!holds(i)) continue
    const last = runs.at(-1)
    if (last !== undefined && last.to === i - 1) last.to = i
    else runs.push({ from: i, to: i })
  }
  return runs
}

/** Whether anything is known of the target in a bucket: without a run that says something, nothing is. */
export const isUnknown = (series: Pick<LatencySeries, "n" | "failed">, i: number): boolean =>
  (series.n[i] ?? 0) === 0 && (series.failed[i] ?? 0) === 0

/** The phases of each bucket on top of each other, the first one at the bottom; a gap where there is no run. */
export const stacked = (series: PhaseSeries): ReadonlyArray<Column> => {
  let below: Column = series.n.map((n) => (n > 0 ? 0 : null))
  return phases.map(({ name }) => {
    below = below.map((base, i) => (base === null ? null : base + (series[name][i] ?? 0)))
    return below
  })
}

/** The points of a line that have no neighbour: they are drawn as dots, or nobody would see them. */
export const lonely = (column: Column): ReadonlyArray<number> =>
  column.flatMap((value, i) =>
    value !== null && (column[i - 1] ?? null) === null && (column[i + 1] ?? null) === null ? [i] : []
  )

/** A latency chart in words. */
export const latencyWords = (series: LatencySeries, window: string): string => {
  const { errors, failed, missed, n, p50, p95, p99 } = series.overall
  const length = series.n.length
  const unknown = runsOf(length, (i) => isUnknown(series, i)).reduce((sum, run) => sum + run.to - run.from + 1, 0)
  const worst = Math.max(0, ...series.p95.map((value) => value ?? 0))
  return [
    `Latency, ${window}, ${counted(length, "point")}.`,
    n === 0
      ? "No run was up."
      : `P50 ${millis(p50)}, P95 ${millis(p95)}, P99 ${millis(p99)} of ${counted(n, "run")}; the highest P95 of a point is ${millis(worst)}.`,
    `${counted(failed, "run")} failed, ${count0(errors)} could not be checked, ${count0(missed)} missed.`,
    unknown === 0 ? "" : `Of ${counted(unknown, "point")} nothing is known.`
  ]
    .filter(Boolean)
    .join(" ")
}

/** A chart of phases in words: the mean of each over all its runs. */
export const phaseWords = (series: PhaseSeries, window: string): string => {
  const means = phaseMeans(series)
  if (means === undefined) return `Phases, ${window}: no run was measured.`
  return `Phases, ${window}, mean of ${counted(means.n, "run")}: ${phases
    .map(({ name, word }) => `${word} ${millis(means.us[name])}`)
    .join(", ")}.`
}

/** The mean of each phase over all runs of a series, in microseconds. */
export const phaseMeans = (series: PhaseSeries) => {
  const n = series.n.reduce((sum, one) => sum + one, 0)
  if (n === 0) return undefined
  const mean = (column: Column) =>
    Math.round(column.reduce<number>((sum, us, i) => sum + (us ?? 0) * series.n[i]!, 0) / n)
  const { connect, dns, download, tls, ttfb } = series
  return {
    n,
    us: { dns: mean(dns), connect: mean(connect), tls: mean(tls), ttfb: mean(ttfb), download: mean(download) }
  }
}

const count0 = (n: number): string => (n === 0 ? "none" : String(n))
