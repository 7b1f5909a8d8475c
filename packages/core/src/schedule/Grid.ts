/**
 * The time grid: pure arithmetic on ticks and due instants.
 *
 * A job's ticks are `phase + k × interval`. A run's due instant is its job's tick plus the monitor's own fixed offset
 * inside the job. Nothing here reads a clock: instants are milliseconds since the epoch and come from the database.
 * The same rules stand in SQL (`app.offset_ms`, `app.next_tick`, `app.phase_ms`); a test compares the two.
 */

/** The shortest interval a monitor may have, in milliseconds. */
export const intervalMsMin = 1_000

/** The longest interval a monitor may have, in milliseconds: one day. */
export const intervalMsMax = 86_400_000

/** A monitor's offset inside its job is spread over at most this share of the interval. */
export const spreadShare = 0.1

/** A monitor's offset inside its job is at most this long, whatever the interval. */
export const spreadMsMax = 5_000

/** A timeout is at most this share of the interval, so that a tick is over before the next one. */
export const timeoutShare = 0.8

/** The longest timeout of a run, in milliseconds. */
export const timeoutMsMax = 60_000

/** A run that could not start within this time of its due instant is not executed; see {@link latenessMsMax}. */
export const latenessMsCap = 60_000

/** 2^32 divided by the golden ratio: multiples of it, modulo 2^32, spread evenly however many there are (Weyl). */
const goldenStep = 2_654_435_769n
const goldenMask = 0xffff_ffffn

const goldenFraction = (n: number, rangeMs: number): number =>
  Number((((BigInt(n) * goldenStep) & goldenMask) * BigInt(rangeMs)) >> 32n)

/**
 * The longest offset of a monitor inside its job, in milliseconds: a tenth of the interval, at most 5 s.
 *
 * @example
 * ```ts
 * import { Grid } from "@openseer/core"
 * Grid.spreadMs(30_000) // 3000
 * ```
 */
export const spreadMs = (intervalMs: number): number => Math.min(Math.floor(intervalMs * spreadShare), spreadMsMax)

/** The fixed offset of monitor number `monitorKey` inside its job, in whole milliseconds, below {@link spreadMs}. */
export const offsetMs = (monitorKey: number, intervalMs: number): number =>
  goldenFraction(monitorKey, spreadMs(intervalMs))

/** The phase of job number `jobId`, in whole milliseconds below `intervalMs`: any number of jobs never bunches. */
export const phaseMs = (jobId: number, intervalMs: number): number => goldenFraction(jobId, intervalMs)

/** How late a run may start before it is a gap instead of a result, in milliseconds. */
export const latenessMsMax = (intervalMs: number): number => Math.min(intervalMs, latenessMsCap)

/** The longest timeout that a monitor with this interval may have, in milliseconds. */
export const timeoutMsLimit = (intervalMs: number): number =>
  Math.min(Math.floor(intervalMs * timeoutShare), timeoutMsMax)

/** The first tick of the grid through `tickAt` that is not before `at`, never before `tickAt` itself. */
export const firstTickFrom = (tickAt: number, intervalMs: number, at: number): number =>
  at <= tickAt ? tickAt : tickAt + Math.ceil((at - tickAt) / intervalMs) * intervalMs

/** How many ticks of the grid through `startsAt` lie in `[from, to)` and are not before `startsAt`. */
export const countTicks = (startsAt: number, intervalMs: number, from: number, to: number): number => {
  const first = firstTickFrom(startsAt, intervalMs, from)
  return to <= first ? 0 : Math.ceil((to - first) / intervalMs)
}
