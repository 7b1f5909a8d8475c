/**
 * The built-in `heartbeat` check type: nothing is executed. A job of the user calls a URL, and the control plane finds out
 * when it did not. What follows from which call is in `schedule/Expectation.ts`.
 */
import { Effect, Schema } from "effect"
import * as CronTime from "../schedule/CronTime.ts"
import * as CheckType from "./CheckType.ts"

/** The shortest period between two signals, in milliseconds. */
export const periodMsMin = 10_000

/** The longest period between two signals, in milliseconds: a leap year. */
export const periodMsMax = 366 * 86_400_000

/** The longest grace and the longest run, in milliseconds: a week. */
export const graceMsMax = 7 * 86_400_000

/** The grace of a heartbeat that states none, in milliseconds. */
export const graceMsDefault = 300_000

/** How many instants may be waiting at once: grace and longest run are at most this often the interval. */
export const waitingMax = 100

/** The longest interval that a heartbeat has as a monitor: rarer ones are checked for once a day. */
const intervalMsMax = 86_400_000

const milliseconds = (minimum: number, maximum: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum })).annotate({ description })

/** A cron expression of five fields, like `0 3 * * *`. */
export const CronExpression = Schema.String.check(
  Schema.isMaxLength(128),
  Schema.makeFilter((text: string) => CronTime.problemOf(text) ?? true)
).annotate({
  identifier: "CronExpression",
  description: "Five fields: minute, hour, day of the month, month and day of the week, like 0 3 * * *"
})

/** The name of a time zone, like `Europe/Berlin`. */
export const TimeZone = Schema.String.check(
  Schema.isMaxLength(64),
  Schema.makeFilter((text: string) => CronTime.isTimeZone(text) || "must be a time zone, like Europe/Berlin or UTC")
).annotate({ identifier: "TimeZone", description: "A time zone of the IANA database, like Europe/Berlin" })

/** When signals are expected: so long after the one before, or at the instants of a cron expression. */
export const HeartbeatSchedule = Schema.Union([
  Schema.Struct({
    periodMs: milliseconds(periodMsMin, periodMsMax, "The next signal is expected so long after the last one")
  }),
  Schema.Struct({
    cron: CronExpression,
    timeZone: TimeZone.pipe(Schema.withDecodingDefaultKey(Effect.succeed("UTC")))
  })
]).annotate({
  identifier: "HeartbeatSchedule",
  description: "When a signal is expected: a period after the last one, or at the instants of a cron expression"
})
export type HeartbeatSchedule = typeof HeartbeatSchedule.Type

const Fields = Schema.Struct({
  schedule: HeartbeatSchedule,
  graceMs: milliseconds(
    1_000,
    graceMsMax,
    "How much later than expected a signal may come before the monitor is down"
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed(graceMsDefault))),
  runMsMax: Schema.optionalKey(
    milliseconds(1_000, graceMsMax, "The longest that a run may take from its start signal; without it, the grace")
  )
})

/**
 * The interval that a heartbeat has as a monitor, in milliseconds: its period, or the shortest distance between the next
 * twenty instants of its cron expression; at most a day.
 */
export const intervalMs = ({ schedule }: { readonly schedule: HeartbeatSchedule }): number => {
  if ("periodMs" in schedule) return Math.min(schedule.periodMs, intervalMsMax)
  let shortest = intervalMsMax
  // From a fixed instant on, so that it is a property of the expression.
  let at = Date.UTC(2026, 0, 1)
  for (let i = 0; i < 20; i++) {
    const next = CronTime.next(schedule.cron, schedule.timeZone, at)
    if (i > 0) shortest = Math.min(shortest, next - at)
    at = next
  }
  return shortest
}

const waitingProblem = (spec: typeof Fields.Type) => {
  const limit = waitingMax * intervalMs(spec)
  const tooLong = (path: string) => ({
    path: [path],
    issue: `must be at most ${waitingMax} times the distance between two signals, here ${duration(limit)}`
  })
  if (spec.graceMs > limit) return tooLong("graceMs")
  return spec.runMsMax !== undefined && spec.runMsMax > limit ? tooLong("runMsMax") : true
}

/** What a `heartbeat` monitor expects: a signal on schedule, at most `graceMs` late, from runs of at most `runMsMax`. */
export const HeartbeatSpec = Fields.check(Schema.makeFilter(waitingProblem)).annotate({ identifier: "HeartbeatSpec" })
export type HeartbeatSpec = typeof HeartbeatSpec.Type

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000]
] as const

/** A duration for people, `1 h 30 min`. */
export const duration = (ms: number): string => {
  const parts: Array<string> = []
  let rest = ms
  for (const [unit, size] of units) {
    const n = unit === "s" ? rest / size : Math.floor(rest / size)
    rest -= Math.floor(n) * size
    if (n > 0) parts.push(`${n} ${unit}`)
  }
  return parts.join(" ")
}

/** The `heartbeat` check type. It has no assertions: the signal itself says how it went. */
export const HeartbeatCheck = CheckType.make({
  kind: "heartbeat",
  version: 1,
  title: "Heartbeat",
  description: "A job of yours calls a URL when it starts, succeeds or fails; late and missing calls are found.",
  spec: HeartbeatSpec,
  example: { schedule: { cron: "0 3 * * *", timeZone: "Europe/Berlin" }, graceMs: 900_000, runMsMax: 7_200_000 },
  target: ({ graceMs, schedule }) =>
    `${"periodMs" in schedule ? `every ${duration(schedule.periodMs)}` : `${schedule.cron} ${schedule.timeZone}`}, grace ${duration(graceMs)}`,
  inbound: true
})
