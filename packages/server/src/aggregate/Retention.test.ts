import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { at, dayMs, insertHistory } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { Retention } from "./Retention.ts"
import { Rollups } from "./Rollups.ts"

const fresh = { excludeTestServices: true } as const
const Live = Layer.mergeAll(Rollups.layer, Retention.layer({ rawDays: 3, hourlyMonths: 2, dailyYears: 5 })).pipe(
  Layer.provideMerge(TestInstance.layer)
)

/** The partitions of a table by the digits at their ends. */
const partitions = Effect.fnUntraced(function* (table: string) {
  const found = yield* (yield* TestInstance).rows<{ name: string }>(`
    select substring(c.relname from '\\d+$') as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'ts.${table}'::regclass order by 1`)
  return found.map(({ name }) => name)
})

/** The day of the oldest raw result: TimescaleDB has chunks of names of its own. */
const oldestRaw = Effect.gen(function* () {
  const [row] = yield* (yield* TestInstance).rows<{ day: string | null }>(
    "select to_char(min(due_at), 'YYYYMMDD') as day from ts.results_raw"
  )
  return row?.day
})

const digits = (ms: number, length: number) =>
  new Date(ms).toISOString().slice(0, 10).replaceAll("-", "").slice(0, length)

const count = Effect.fnUntraced(function* (from: string) {
  const [row] = yield* (yield* TestInstance).rows<{ n: number }>(`select count(*)::int as n from ${from}`)
  return row?.n
})

layer(Live, fresh)("retention", (it) => {
  it.effect("makes partitions ahead, and drops no result that is not rolled up", () =>
    Effect.gen(function* () {
      const today = Math.floor((yield* Clock.currentTimeMillis) / dayMs) * dayMs
      yield* insertHistory({ from: today - 9 * dayMs, to: today, intervalMs: 3_600_000, regions: 1, monitors: 2 })
      const retention = yield* Retention
      yield* retention.runOnce
      const names = yield* partitions("result_details")
      assert.strictEqual(names.at(0), digits(today - 9 * dayMs, 8))
      assert.strictEqual(names.at(-1), digits(today + 3 * dayMs, 8))
      assert.strictEqual(yield* oldestRaw, digits(today - 9 * dayMs, 8))
      assert.strictEqual(yield* count("ts.results_raw"), 2 * 9 * 24)
      assert.deepStrictEqual(yield* retention.runOnce, { partitionsMade: 0, partitionsDropped: 0, rowsDeleted: 0 })
    })
  )

  it.effect("then drops raw results that are too old, and neither younger ones nor their rollups", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const today = Math.floor((yield* Clock.currentTimeMillis) / dayMs) * dayMs
      yield* (yield* Rollups).runOnce
      yield* rows(`insert into ts.rollup_dirty
                   select ${at(today - 5 * dayMs)}, 1, array[1]`)
      const retention = yield* Retention
      // A late mark still needs the results of its day.
      yield* retention.runOnce
      assert.strictEqual(yield* oldestRaw, digits(today - 5 * dayMs, 8))
      yield* (yield* Rollups).runOnce
      yield* retention.runOnce
      assert.deepStrictEqual(
        yield* partitions("result_details"),
        [-3, -2, -1, 0, 1, 2, 3].map((day) => digits(today + day * dayMs, 8))
      )
      assert.strictEqual(yield* oldestRaw, digits(today - 3 * dayMs, 8))
      assert.strictEqual(yield* count("ts.results_raw"), 2 * 3 * 24)
      assert.strictEqual(yield* count("ts.results_agg_1h"), 2 * 9 * 24)
      assert.strictEqual(yield* count("ts.results_agg_1d"), 2 * 9)
    })
  )

  it.effect("drops hours and days by their own age, gaps with hours, and what is only of a day", () =>
    Effect.gen(function* () {
      const { organizationKey, regionKey, rows } = yield* TestInstance
      const today = Math.floor((yield* Clock.currentTimeMillis) / dayMs) * dayMs
      const old = [today - 100 * dayMs, today - 3_000 * dayMs]
      for (const ms of old) yield* rows(`select ts.ensure_partitions(${at(ms)}::date, ${at(ms)}::date)`)
      yield* rows(`insert into ts.gaps (monitor_key, region_key, starts_at, ends_at, interval_ms, count, cause)
                   select 1, 1, t, t + interval '1 minute', 1000, 60, 'no_worker'
                     from unnest(array[${at(old[0]!)}, ${at(today)}]) t`)
      yield* rows(`insert into app.events (organization_key, kind, monitor_id, payload, created_at)
                   select ${organizationKey}, 'monitor', 'm', '{}', now() - i * interval '1 hour' from generate_series(1, 48) i`)
      yield* rows(`insert into app.one_off_jobs (request_id, organization_key, region_key, check_kind, check_version, spec,
                                                 assertions, timeout_ms, expires_at, finished_at)
                   select 'r' || i, ${organizationKey}, ${regionKey}, 'http', 1, '{}', '[]', 1, now() + interval '1 minute',
                          case when i > 0 then now() - i * interval '1 hour' end from generate_series(0, 48) i`)
      yield* (yield* Retention).runOnce
      assert.notInclude(yield* partitions("results_agg_1h"), digits(old[0]!, 6))
      assert.include(yield* partitions("results_agg_1h"), digits(today, 6))
      assert.notInclude(yield* partitions("results_agg_1d"), digits(old[1]!, 4))
      assert.include(yield* partitions("results_agg_1d"), digits(old[0]!, 4))
      assert.strictEqual(yield* count("ts.gaps"), 1)
      assert.strictEqual(yield* count("app.events"), 23)
      assert.strictEqual(yield* count("app.one_off_jobs"), 24)
    })
  )
})
