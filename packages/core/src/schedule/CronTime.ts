/**
 * The instants of a cron expression in a time zone, as the cron of Debian would run it when clocks change. Nothing here
 * reads a clock: instants are milliseconds since the epoch.
 */
import { Cron, DateTime, Option, Result } from "effect"

/** Whether jobs of this expression go by time that passes and not by the clock on the wall: cron(8) of Debian. */
const isByElapsedTime = (expression: string): boolean => {
  const [minute = "", hour = ""] = expression.trim().split(/\s+/)
  return minute.startsWith("*") || hour.startsWith("*")
}

const parse = (expression: string, timeZone: string) =>
  Cron.parse(expression, timeZone, { onDstOverlap: isByElapsedTime(expression) ? "both" : "earlier" })

/** What is wrong with an expression of five fields, or `undefined`. */
export const problemOf = (expression: string): string | undefined => {
  const fields = expression.trim().split(/\s+/).length
  if (fields !== 5)
    return `must have five fields (minute, hour, day, month, weekday), like 0 3 * * *, and has ${fields}`
  const parsed = parse(expression, "UTC")
  if (Result.isFailure(parsed)) return `is not a cron expression: ${parsed.failure.message.toLowerCase()}`
  return Option.isNone(tryNext(parsed.success, 0)) ? "never comes: there is no such day" : undefined
}

/** Whether a text names a time zone of the IANA database, or an offset like `+02:00`. */
export const isTimeZone = (text: string): boolean => Option.isSome(DateTime.zoneFromString(text))

/**
 * The first instant of an expression after `at`, in milliseconds.
 *
 * A time that clocks skip comes as soon as it is over, once: `30 2 * * *` at 03:00 on the day on which 02:00 to 03:00
 * is missing. A time that clocks repeat comes the first time only. Expressions whose minute or hour begins with `*` go on
 * in even steps through both.
 *
 * @example
 * ```ts
 * import { CronTime } from "@openseer/core"
 *
 * const at = Date.parse("2026-03-28T12:00:00Z")
 * new Date(CronTime.next("30 2 * * *", "Europe/Berlin", at)).toISOString() // "2026-03-29T01:00:00.000Z"
 * ```
 */
export const next = (expression: string, timeZone: string, at: number): number => {
  const cron = Result.getOrThrow(parse(expression, timeZone))
  const byElapsedTime = isByElapsedTime(expression)
  for (let from = at; ;) {
    const found = Cron.next(cron, new Date(from)).getTime()
    if (Cron.match(cron, new Date(found))) return found
    // The clock never showed it: the library answers the same time after the change.
    const changedAt = lastChange(timeZone, found)
    if (!byElapsedTime && changedAt > at) return changedAt
    from = found
  }
}

const tryNext = (cron: Cron.Cron, at: number): Option.Option<Date> => {
  try {
    return Option.some(Cron.next(cron, new Date(at)))
  } catch {
    return Option.none()
  }
}

/** When the offset of a zone changed last before `at`, at most a day ago. */
const lastChange = (timeZone: string, at: number): number => {
  const zone = Option.getOrThrow(DateTime.zoneFromString(timeZone))
  const offsetAt = (ms: number) => DateTime.zonedOffset(DateTime.makeZonedUnsafe(ms, { timeZone: zone }))
  const offset = offsetAt(at)
  let before = at - 86_400_000
  let after = at
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (offsetAt(middle) === offset) after = middle
    else before = middle
  }
  return after
}
