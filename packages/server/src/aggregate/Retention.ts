/**
 * AGGREGATE: the duty that makes partitions ahead of time and lets go of what is older than it has to be.
 *
 * Results and rollups go by dropping whole partitions. Nothing goes before it is rolled up, however old it is.
 */
import { Context, Effect, Layer } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { defaultRetention, type RetentionConfig } from "./RetentionConfig.ts"

/** How many days ahead there are partitions for. With none left, ingest would have to refuse results. */
export const partitionDaysAhead = 3

/** How many rows one statement deletes: some 50 ms of work. */
const rowsMax = 10_000

/** What one round did. */
export interface RetentionReport {
  readonly partitionsMade: number
  readonly partitionsDropped: number
  readonly rowsDeleted: number
}

/** Keeps what has to be kept, and no more. */
export class Retention extends Context.Service<
  Retention,
  {
    /** Makes the partitions that are missing and drops what is too old. Any replica may run it at any moment. */
    readonly runOnce: Effect.Effect<RetentionReport, DatabaseBusy>
  }
>()("@openseer/server/Retention") {
  static readonly layer = (config: RetentionConfig = defaultRetention): Layer.Layer<Retention, never, Database> =>
    Layer.effect(
      Retention,
      Effect.gen(function* () {
        const { run, sql } = (yield* Database).background
        const today = sql`(now() at time zone 'UTC')::date`

        const ensurePartitions = run(sql<{ n: number }>`
          select ts.ensure_partitions(${today} - 1, ${today} + ${partitionDaysAhead}::int) as n`)

        // Drops wait at most 2 s for readers, so that writers behind them never wait longer. One table a transaction.
        const dropRaw = (table: string) =>
          run(sql<{ n: number }>`
            select ts.drop_partitions(${table}, least(
              ${today} - ${config.rawDays}::int,
              (select rolled_to at time zone 'UTC' from ts.rollup_state)::date,
              (select min(hour_at) at time zone 'UTC' from ts.rollup_dirty)::date)) as n`)
        const dropHourly = run(sql<{ n: number }>`
          select ts.drop_partitions('results_agg_1h', least(
            (${today} - ${config.hourlyMonths}::int * interval '1 month')::date,
            (select rolled_to at time zone 'UTC' from ts.rollup_state)::date,
            (select min(day_at) at time zone 'UTC' from ts.rollup_dirty_days)::date)) as n`)
        const dropDaily = run(sql<{ n: number }>`
          select ts.drop_partitions('results_agg_1d',
            (${today} - ${config.dailyYears}::int * interval '1 year')::date) as n`)

        // Served by gaps_ends.
        const deleteGaps = run(sql<{ n: number }>`
          with gone as (
            delete from ts.gaps where ctid in (
              select ctid from ts.gaps
               where ends_at < now() - ${config.hourlyMonths}::int * interval '1 month' limit ${rowsMax})
            returning 1)
          select count(*)::int as n from gone`)
        // Served by events_created.
        const deleteEvents = run(sql<{ n: number }>`
          with gone as (
            delete from app.events where ctid in (
              select ctid from app.events where created_at < now() - interval '1 day' limit ${rowsMax})
            returning 1)
          select count(*)::int as n from gone`)
        // Few rows: what people asked for within a day.
        const deleteOneOffJobs = run(sql<{ n: number }>`
          with gone as (
            delete from app.one_off_jobs where ctid in (
              select ctid from app.one_off_jobs
               where coalesce(finished_at, expires_at) < now() - interval '1 day' limit ${rowsMax})
            returning 1)
          select count(*)::int as n from gone`)
        // Kept a month after they expire, so that a list can still say what became of one.
        const deleteEnrollmentTokens = run(sql<{ n: number }>`
          with gone as (
            delete from auth.enrollment_tokens where expires_at < now() - interval '30 days' returning 1)
          select count(*)::int as n from gone`)

        const runOnce = Effect.gen(function* () {
          const partitionsMade = yield* count(ensurePartitions)
          let partitionsDropped = 0
          for (const drop of [dropRaw("results_raw"), dropRaw("result_details"), dropHourly, dropDaily]) {
            partitionsDropped += yield* count(drop)
          }
          let rowsDeleted = 0
          for (const remove of [deleteGaps, deleteEvents, deleteOneOffJobs, deleteEnrollmentTokens]) {
            while (true) {
              const n = yield* count(remove)
              rowsDeleted += n
              if (n < rowsMax) break
            }
          }
          return { partitionsMade, partitionsDropped, rowsDeleted }
        }).pipe(Effect.withSpan("Retention.runOnce"))
        return Retention.of({ runOnce })
      })
    )
}

const count = <E>(statement: Effect.Effect<ReadonlyArray<{ readonly n: number }>, E>) =>
  Effect.map(statement, ([row]) => row?.n ?? 0)
