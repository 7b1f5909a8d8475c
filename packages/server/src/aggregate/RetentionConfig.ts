/**
 * How long results and rollups are kept.
 */
import { Config } from "effect"

/** How long each grain is kept. Gaps are kept as long as hours. */
export interface RetentionConfig {
  readonly rawDays: number
  readonly hourlyMonths: number
  readonly dailyYears: number
}

/** Raw results are 120 bytes each, hours 3 bytes a run, days a tenth of that: a month, a year and a bit, five years. */
export const defaultRetention: RetentionConfig = { rawDays: 30, hourlyMonths: 13, dailyYears: 5 }

const atLeastOne = (name: string, fallback: number) =>
  Config.Int(name).pipe(
    Config.withDefault(fallback),
    Config.map((value) => Math.max(1, value))
  )

/** The retention from `OPENSEER_RETENTION_RAW_DAYS`, `…_HOURLY_MONTHS` and `…_DAILY_YEARS`. */
export const retentionConfig = Config.all({
  rawDays: atLeastOne("OPENSEER_RETENTION_RAW_DAYS", defaultRetention.rawDays),
  hourlyMonths: atLeastOne("OPENSEER_RETENTION_HOURLY_MONTHS", defaultRetention.hourlyMonths),
  dailyYears: atLeastOne("OPENSEER_RETENTION_DAILY_YEARS", defaultRetention.dailyYears)
})
