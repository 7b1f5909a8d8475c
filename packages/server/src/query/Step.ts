/**
 * How wide the buckets of a series are: the narrowest step of a fixed ladder that gives no more points than asked for.
 */
import { ceilTo, dayMs, floorTo, type Grain, hourMs, type Range, type Reach } from "./Segments.ts"

/** The ladder, in milliseconds. All but the last few divide a day, so that buckets are aligned to UTC. */
export const ladder: ReadonlyArray<number> = [
  ...[1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800].map((seconds) => seconds * 1_000),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * dayMs)
]

/** Above this range series are read from hours: two days of raw results at 30 s in 3 regions are 17,000 rows. */
export const rawRangeMax = 2 * dayMs

/** Above this range series are read from days: 45 days of hours in 3 regions are 3,200 sketches. */
export const hourRangeMax = 45 * dayMs

// Buckets of weeks begin on Mondays.
const originMs = 4 * dayMs

/** The step and the aligned range that a series covers. */
export interface Buckets extends Range {
  readonly stepMs: number
}

/**
 * The buckets for a range: at most `points`, none narrower than the monitor's interval or than what is kept. `since` is
 * when the first result can be from.
 */
export const buckets = (range: Range, points: number, intervalMs: number, reach: Reach, since: number): Buckets => {
  const width = range.to - range.from
  const oldest = Math.max(range.from, since)
  const atLeast = Math.max(
    intervalMs,
    width > hourRangeMax || oldest < reach.hourlyFrom
      ? dayMs
      : width > rawRangeMax || oldest < reach.rawFrom
        ? hourMs
        : 0
  )
  return narrowBuckets(range, points, atLeast)
}

/** As {@link buckets}, for what is read from raw results however long the range is. */
export const narrowBuckets = (range: Range, points: number, atLeastMs: number): Buckets => {
  const widths = ladder.filter((step) => step >= atLeastMs)
  const stepMs = widths.find((step) => count(range, step) <= points) ?? widths.at(-1) ?? dayMs
  return { stepMs, ...aligned(range, stepMs) }
}

/** The coarsest grain that buckets of a step can be read from. */
export const grainOf = (stepMs: number): Grain =>
  stepMs % dayMs === 0 ? "day" : stepMs % hourMs === 0 ? "hour" : "raw"

const aligned = ({ from, to }: Range, stepMs: number): Range => ({
  from: floorTo(from - originMs, stepMs) + originMs,
  to: ceilTo(to - originMs, stepMs) + originMs
})

const count = (range: Range, stepMs: number): number => {
  const { from, to } = aligned(range, stepMs)
  return (to - from) / stepMs
}
