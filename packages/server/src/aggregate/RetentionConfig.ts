/**
 * How long results and rollups are kept.
 */
import { Config, Schema } from "effect"

/** How long each grain is kept. Gaps are kept as long as hours. */
export interface RetentionConfig {
  readonly rawDays: number
  readonly hourlyMonths: number
  readonly dailyYears: number
}

/** Raw results are 120 bytes each, hours 3 bytes a run, days a tenth of that: a month, a year and a bit, five years. */
export const defaultRetention: RetentionConfig = { rawDays: 30, hourlyMonths: 13, dailyYears: 5 }

const count = (name: string, maximum: number, fallback: number) =>
  Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })), name).pipe(Config.withDefault(fallback))

/** The retention from `OPENSEER_RETENTION_RAW_DAYS`, `…_HOURLY_MONTHS` and `…_DAILY_YEARS`: whole numbers above 0. */
export const retentionConfig = Config.all({
  rawDays: count("OPENSEER_RETENTION_RAW_DAYS", 3_650, defaultRetention.rawDays),
  hourlyMonths: count("OPENSEER_RETENTION_HOURLY_MONTHS", 240, defaultRetention.hourlyMonths),
  dailyYears: count("OPENSEER_RETENTION_DAILY_YEARS", 100, defaultRetention.dailyYears)
})
