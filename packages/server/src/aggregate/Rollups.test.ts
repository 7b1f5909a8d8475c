import { assert, layer } from "@effect/vitest"
import { Sketch } from "@openseer/core"
import { Clock, Effect, Layer } from "effect"
import * as FastCheck from "fast-check"
import { Database } from "../db/Database.ts"
import { at, dayMs, hourMs, insertGap, insertHistory, insertResults } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { Rollups } from "./Rollups.ts"

const fresh = { excludeTestServices: true } as const
const Live = Rollups.layer.pipe(Layer.provideMerge(TestInstance.layer))

/** What the rollups of a grain must be, from raw results and gaps alone, compared with what they are. */
const differences = (table: string, unit: string) => `
  with expected as (
    select date_trunc('${unit}', due_at, 'UTC') as bucket_at, monitor_key, region_key,
           count(*) filter (where outcome = 0) as up, count(*) filter (where outcome = 1) as degraded,
           count(*) filter (where outcome = 2) as down, count(*) filter (where outcome = 3) as error,
           coalesce(sum(total_us) filter (where outcome <= 1), 0) as sum_us,
           min(total_us) filter (where outcome <= 1) as min_us, max(total_us) filter (where outcome <= 1) as max_us,
           coalesce(ts.compact(array_agg(ts.bucket(total_us) << 21 | 1) filter (where outcome <= 1)), '{}') as sketch
      from ts.results_raw group by 1, 2, 3
  ), missed as (
    select date_trunc('${unit}', starts_at + i * interval_ms * interval '1 millisecond', 'UTC') as bucket_at,
           monitor_key, region_key, count(*) as missed
      from ts.gaps cross join lateral generate_series(0, count - 1) i group by 1, 2, 3
  )
  select count(*)::int as n
    from expected full join missed using (bucket_at, monitor_key, region_key)
    full join ${table} a using (bucket_at, monitor_key, region_key)
   where bucket_at < (select date_trunc('${unit}', rolled_to, 'UTC') from ts.rollup_state)
     and (coalesce(expected.up, 0), coalesce(expected.degraded, 0), coalesce(expected.down, 0), coalesce(expected.error, 0),
          coalesce(missed.missed, 0), coalesce(expected.sum_us, 0), expected.min_us, expected.max_us,
          coalesce(expected.sketch, '{}'))
         is distinct from (a.up, a.degraded, a.down, a.error, a.missed, a.sum_us, a.min_us, a.max_us, a.sketch)`

const number = Effect.fnUntraced(function* (statement: string) {
  const [row] = yield* (yield* TestInstance).rows<{ n: number }>(statement)
  return row?.n
})

/** Days whose P95 is not that of their sketch. */
const wrongP95 = `select count(*)::int as n from ts.results_agg_1d
  where p95_us is distinct from round((ts.quantiles(sketch, '{0.95}'))[1])::int`

/** Monitors whose row of whole days is not what the days before the last midnight that is rolled up add up to. */
const wrongSums = `
  with days as (
    select m.monitor_key, to_at, d.*, to_at - bucket_at as age
      from (select date_trunc('day', rolled_to, 'UTC') as to_at from ts.rollup_state) w
     cross join app.monitors m
      left join lateral (select up + degraded as good, down, p95_us, bucket_at from ts.results_agg_1d a
                          where a.monitor_key = m.monitor_key) d on true
  ), expected as (
    select monitor_key, to_at, coalesce(sum(good) filter (where age between '1 day' and '44 days'), 0) as good,
           coalesce(sum(down) filter (where age between '1 day' and '44 days'), 0) as down,
           max(p95_us) filter (where age = '1 day') as p95_us
      from days group by 1, 2)
  select count(*)::int as n from expected e full join ts.results_agg_44d s using (monitor_key)
   where (e.to_at, e.good, e.down, e.p95_us) is distinct from (s.to_at, s.good, s.down, s.p95_us)`

const hours = "select count(*)::int as n from ts.results_agg_1h"

/** The start of an hour, `hoursAgo` whole hours before this one. */
const hourBefore = Effect.fnUntraced(function* (hoursAgo: number) {
  const now = yield* Clock.currentTimeMillis
  return Math.floor(now / hourMs) * hourMs - hoursAgo * hourMs
})

layer(TestInstance.layer, fresh)("the sketch in SQL", (it) => {
  it.effect("has core's buckets, also next to every boundary", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const values = Array.from({ length: 1_023 }, (_, i) => Math.floor(Math.exp((i + 1) * Math.log(1.01 / 0.99))))
        .flatMap((v) => [v - 1, v, v + 1, v + 2])
        .filter((v) => v >= 0)
      const found = yield* rows<{ bucket: number }>(
        `select ts.bucket(v) as bucket from unnest('{${values.join()}}'::int[]) with ordinality u(v, i) order by i`
      )
      assert.deepStrictEqual(
        found.map(({ bucket }) => bucket),
        values.map(Sketch.bucketOf)
      )
    })
  )

  it.effect("merges and answers as core's does, whatever the values", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const values = FastCheck.array(FastCheck.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 60 })
      const samples = FastCheck.sample(FastCheck.array(values, { minLength: 1, maxLength: 4 }), 60)
      for (const parts of samples) {
        const sketches = parts.map(Sketch.fromValues)
        const [found] = yield* rows<{ sketch: ReadonlyArray<number>; quantiles: ReadonlyArray<number> }>(`
          select sketch, ts.quantiles(sketch, '{0,0.5,0.95,0.99,1}') as quantiles
            from (select ts.merge(s::int[]) as sketch
                    from unnest(array[${sketches.map((s) => `'{${s.join()}}'`).join()}]) s) m`)
        const merged = Sketch.merge(sketches)
        assert.deepStrictEqual(found?.sketch, merged)
        for (const [i, q] of [0, 0.5, 0.95, 0.99, 1].entries()) {
          assert.closeTo(found?.quantiles[i] ?? 0, Sketch.quantile(merged, q) ?? 0, 1e-3)
        }
        assert.deepStrictEqual(merged, Sketch.fromValues(parts.flat()))
      }
    })
  )
})

layer(Live, fresh)("rolling up", (it) => {
  it.effect("makes hours and days that equal raw results and gaps, and the same rows when it is done again", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const from = yield* hourBefore(52)
      const to = yield* hourBefore(0)
      const { monitorKeys, regionKeys } = yield* insertHistory({
        from,
        to,
        intervalMs: 60_000,
        regions: 2,
        monitors: 3
      })
      yield* insertGap({
        monitorKey: monitorKeys[0]!,
        regionKey: regionKeys[0]!,
        startsAt: from + 90 * 60_000 + 7,
        intervalMs: 7_000,
        count: 3_000
      })
      const rollups = yield* Rollups
      const report = yield* rollups.runOnce
      assert.isAtLeast(report.hoursRolled, 51)
      assert.isAtLeast(report.dayMarks, 1)
      assert.isAbove((yield* number(hours)) ?? 0, 6 * 50)
      assert.strictEqual(yield* number(differences("ts.results_agg_1h", "hour")), 0)
      assert.strictEqual(yield* number(differences("ts.results_agg_1d", "day")), 0)
      assert.strictEqual(yield* number(wrongP95), 0)
      assert.strictEqual(yield* number(wrongSums), 0)
      assert.strictEqual(
        yield* number("select count(*)::int as n from ts.results_agg_44d where good > 0 and down > 0"),
        3
      )
      const text = "select md5(string_agg(a::text, ',' order by bucket_at, monitor_key, region_key)) as n from"
      const before = [yield* number(`${text} ts.results_agg_1h a`), yield* number(`${text} ts.results_agg_1d a`)]
      yield* rows(`update ts.rollup_state set rolled_to = ${at(from)}`)
      assert.strictEqual((yield* rollups.runOnce).hoursRolled, report.hoursRolled)
      const after = [yield* number(`${text} ts.results_agg_1h a`), yield* number(`${text} ts.results_agg_1d a`)]
      assert.deepStrictEqual(after, before)
      assert.deepStrictEqual(yield* rollups.runOnce, { hoursClosed: 0, hoursRolled: 0, lateHours: 0, dayMarks: 0 })
    })
  )

  it.effect("has minutes, computed from raw results, that add up to the hours", () =>
    Effect.gen(function* () {
      const unequal = `
        with m as (
          select date_trunc('hour', bucket_at, 'UTC') as bucket_at, monitor_key, region_key, sum(up) as up,
                 sum(degraded) as degraded, sum(down) as down, sum(error) as error, sum(sum_us) as sum_us,
                 min(min_us) as min_us, max(max_us) as max_us, ts.merge(sketch) as sketch
            from ts.results_agg_1m group by 1, 2, 3)
        select count(*)::int as n from ts.results_agg_1h h full join m using (bucket_at, monitor_key, region_key)
         where bucket_at < (select rolled_to from ts.rollup_state)
           and coalesce(h.up + h.degraded + h.down + h.error, 1) > 0
           and (m.up, m.degraded, m.down, m.error, m.sum_us, m.min_us, m.max_us, m.sketch)
               is distinct from (h.up, h.degraded, h.down, h.error, h.sum_us, h.min_us, h.max_us, h.sketch)`
      assert.strictEqual(yield* number(unequal), 0)
      assert.isAbove((yield* number("select count(*)::int as n from ts.results_agg_1m")) ?? 0, 10_000)
    })
  )

  it.effect("builds again what came late, hour and day, and nothing else", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const [late] = yield* rows<{ monitorKey: number; regionKey: number; dueAt: number }>(`
        select monitor_key as "monitorKey", region_key::int as "regionKey", (extract(epoch from min(due_at)) * 1000)::float8 as "dueAt"
          from ts.results_raw group by 1, 2 order by 1, 2 limit 1`)
      const { dueAt, monitorKey, regionKey } = late!
      const extra = { from: dueAt + 1, to: dueAt + 10 * 1_000, intervalMs: 1_000 }
      yield* insertResults({ monitorKeys: [monitorKey], regionKeys: [regionKey], ...extra })
      assert.strictEqual(yield* number(differences("ts.results_agg_1h", "hour")), 1)
      yield* rows(`select ts.mark_dirty(${regionKey}::smallint, array[${monitorKey}], array[${at(dueAt)}])`)
      const { dayMarks, lateHours } = yield* (yield* Rollups).runOnce
      assert.deepStrictEqual({ dayMarks, lateHours }, { dayMarks: 1, lateHours: 1 })
      assert.strictEqual(yield* number(differences("ts.results_agg_1h", "hour")), 0)
      assert.strictEqual(yield* number(differences("ts.results_agg_1d", "day")), 0)
      assert.strictEqual(yield* number(wrongSums), 0)
    })
  )

  it.effect("forgets what was known of a monitor when its last day has left the 44 before today", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const known = "select count(*)::int as n from ts.results_agg_44d where good + down > 0 or p95_us is not null"
      const keys = "select array_agg(monitor_key) from app.monitors"
      const shift = (interval: string) =>
        rows(`update ts.rollup_state set rolled_to = rolled_to + interval '${interval}'`)
      yield* shift("43 days")
      yield* rows(`select ts.sum_days((${keys}))`)
      assert.strictEqual(yield* number(wrongSums), 0)
      assert.strictEqual(yield* number(known), 3)
      yield* shift("1 day")
      yield* rows(`select ts.sum_days((${keys}))`)
      assert.strictEqual(yield* number(known), 0)
      yield* shift("-44 days")
      yield* rows(`select ts.sum_days((${keys}))`)
      assert.strictEqual(yield* number(known), 3)
    })
  )

  it.effect("counts a gap that is recorded after its raw results are gone, and keeps the rest of the hour", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const sums = `select sum(up + degraded + down + error)::int as n from ts.results_agg_1h
                     where bucket_at < (select min(bucket_at) from ts.results_agg_1d) + interval '1 day'`
      const before = yield* number(sums)
      const [first] = yield* rows<{ monitorKey: number; regionKey: number; hourAt: number }>(`
        select monitor_key as "monitorKey", region_key::int as "regionKey", (extract(epoch from bucket_at) * 1000)::float8 as "hourAt"
          from ts.results_agg_1h order by bucket_at, monitor_key desc limit 1`)
      const { hourAt, monitorKey, regionKey } = first!
      const day = Math.floor(hourAt / dayMs) * dayMs
      yield* rows(`select ts.drop_partitions('results_raw', (${at(day + dayMs)} at time zone 'UTC')::date)`)
      yield* insertGap({ monitorKey, regionKey, startsAt: hourAt + 11, intervalMs: 60_000, count: 5 })
      yield* (yield* Rollups).runOnce
      assert.strictEqual(yield* number(sums), before)
      const missed = `select missed as n from ts.results_agg_1h where monitor_key = ${monitorKey}
                         and region_key = ${regionKey} and bucket_at = ${at(hourAt)}`
      assert.strictEqual(yield* number(missed), 5)
    })
  )
})

layer(Live, fresh)("rolling up while results come", (it) => {
  it.effect("loses no row, whatever commits early, late or never", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const { background, worker } = yield* Database
      const rollups = yield* Rollups
      const from = yield* hourBefore(90)
      const { monitorKeys, regionKeys } = yield* insertHistory({
        from,
        to: from + 1,
        intervalMs: 60_000,
        regions: 1,
        monitors: 40
      })
      const endsAt = (yield* Clock.currentTimeMillis) + 4_000
      let attempts = 0
      // Longer on a busy machine: what is judged is a few hundred writes, not four seconds.
      const running = Effect.map(
        Clock.currentTimeMillis,
        (now) => now < endsAt || (attempts < 400 && now < endsAt + 15_000)
      )

      // As ingest writes: enter the hour, insert, then mark what is late; one in ten is rolled back.
      const writer = (seed: number) =>
        Effect.gen(function* () {
          let written = 0
          while (yield* running) {
            written++
            attempts++
            const key = monitorKeys[(written * 7 + seed) % 40]!
            // Around the hour that is being closed, and far behind it.
            const [due] = yield* rows<{ at: number }>(`
              select (extract(epoch from closed_to) * 1000)::float8
                     + floor((random() - 0.7) * 2 * ${hourMs} * ${written % 5 === 0 ? 4 : 1}) as at from ts.rollup_state`)
            const dueAt = at(Math.max(from, due?.at ?? from))
            yield* worker
              .run(
                worker.sql.withTransaction(
                  Effect.gen(function* () {
                    const { sql } = worker
                    yield* sql.unsafe(`select ts.enter_hours(${dueAt}, ${dueAt})`)
                    yield* sql.unsafe(`insert into ts.results_raw values (${dueAt}, ${key}, ${1_000 + written}, 1, 1, 1, 1, 1, 1, 1, 1,
                                       ${regionKeys[0]}, 200, ${written % 4}) on conflict do nothing`)
                    yield* sql.unsafe(
                      `select ts.mark_dirty(${regionKeys[0]}::smallint, array[${key}], array[${dueAt}])`
                    )
                    yield* sql`select pg_sleep(0.03 * random())`
                    return written % 10 === 0 ? yield* Effect.fail("rolled back" as const) : undefined
                  })
                )
              )
              .pipe(Effect.catch(() => Effect.void))
          }
        })
      const closer = Effect.gen(function* () {
        while (yield* running) {
          const now = `(select least(now(), closed_to + interval '1 hour') from ts.rollup_state)`
          yield* rows(`select ts.close_next_hour(${now})`)
          yield* Effect.sleep("40 millis")
        }
      })
      const roller = Effect.gen(function* () {
        while (yield* running) {
          yield* background.run(background.sql`select ts.roll_next_hour(), ts.roll_dirty(20), ts.roll_days(3)`)
        }
      })
      yield* Effect.all([...Array.from({ length: 6 }, (_, i) => writer(i)), closer, roller, roller], {
        concurrency: "unbounded",
        discard: true
      })
      yield* rollups.runOnce
      const stored = yield* number("select count(*)::int as n from ts.results_raw")
      assert.isAbove(stored ?? 0, 200, `${attempts} attempts`)
      assert.isAbove((yield* number("select count(distinct bucket_at)::int as n from ts.results_agg_1h")) ?? 0, 10)
      assert.strictEqual(yield* number(differences("ts.results_agg_1h", "hour")), 0)
      assert.strictEqual(yield* number(differences("ts.results_agg_1d", "day")), 0)
      assert.strictEqual(yield* number(wrongSums), 0)
    })
  )
})
