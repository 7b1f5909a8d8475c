/**
 * Which grain to read which part of a range from: pure arithmetic on instants in milliseconds since the epoch.
 *
 * Days in the middle, hours around them, raw results at the ragged edges and for what is not rolled up yet. Whatever the
 * watermarks are, the segments are in order, touch each other and cover the range, so nothing is counted twice or left out.
 */

/** What results are kept as. */
export type Grain = "raw" | "hour" | "day"

/** A range of time. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** A part of a range, read from one grain. */
export interface Segment extends Range {
  readonly grain: Grain
}

/**
 * How far each grain reaches: hours before `rolledTo` and days before `dailyTo` are rolled up; raw results are kept from
 * `rawFrom` on, hours from `hourlyFrom` on. The four are whole hours or days.
 */
export interface Reach {
  readonly now: number
  readonly rolledTo: number
  readonly dailyTo: number
  readonly rawFrom: number
  readonly hourlyFrom: number
}

export const hourMs = 3_600_000
export const dayMs = 86_400_000

export const floorTo = (at: number, unitMs: number): number => Math.floor(at / unitMs) * unitMs
export const ceilTo = (at: number, unitMs: number): number => Math.ceil(at / unitMs) * unitMs

/** The segments of a range, reading no grain coarser than `coarsest`. */
export const segments = (range: Range, reach: Reach, coarsest: Grain): ReadonlyArray<Segment> => {
  if (coarsest === "raw") return split(range, "raw", [])
  const hours = inside(range, hourMs, reach.rolledTo)
  if (hours === undefined) return split(range, "raw", [])
  const days = coarsest === "day" ? inside(hours, dayMs, reach.dailyTo) : undefined
  const middle = days === undefined ? split(hours, "hour", []) : split(hours, "hour", [{ ...days, grain: "day" }])
  return split(range, "raw", middle)
}

/**
 * The range moved outwards to whole hours or days where the finer grain is no longer kept. `since` is when the first
 * result can be from: before that there is nothing to keep.
 */
export const readable = ({ from, to }: Range, reach: Reach, since: number): Range => {
  const unit = (at: number) => (at < since || at >= reach.rawFrom ? 1 : at >= reach.hourlyFrom ? hourMs : dayMs)
  return { from: floorTo(from, unit(from)), to: Math.min(ceilTo(to, unit(to)), Math.max(to, reach.now)) }
}

/** The whole units inside a range that end before `limit`. */
const inside = ({ from, to }: Range, unitMs: number, limit: number): Range | undefined => {
  const first = ceilTo(from, unitMs)
  const last = Math.min(floorTo(to, unitMs), limit)
  return last > first ? { from: first, to: last } : undefined
}

/** `middle` with what of the range is before and after it, in the given grain. */
const split = (range: Range, grain: Grain, middle: ReadonlyArray<Segment>): ReadonlyArray<Segment> =>
  [
    { grain, from: range.from, to: middle[0]?.from ?? range.to },
    ...middle,
    { grain, from: middle.at(-1)?.to ?? range.to, to: range.to }
  ].filter(({ from, to }) => from < to)
