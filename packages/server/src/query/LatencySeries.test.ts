import { assert, layer } from "@effect/vitest"
import type { ResultsApi } from "@openseer/core"
import { Clock, Effect, Layer } from "effect"
import { Rollups } from "../aggregate/Rollups.ts"
import { at, dayMs, hourMs, insertGap, insertHistory, type Inserted } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { latencySeries } from "./LatencySeries.ts"

const fresh = { excludeTestServices: true } as const
const Live = Rollups.layer.pipe(Layer.provideMerge(TestInstance.layer))
const iso = (ms: number) => new Date(ms).toISOString()

const past = Effect.fnUntraced(function* (days: number, intervalMs: number, regions: number) {
  const now = yield* Clock.currentTimeMillis
  const from = Math.floor((now - days * dayMs) / dayMs) * dayMs
  return { now, from, ...(yield* insertHistory({ from, to: now, intervalMs, regions })) }
})

const ask = Effect.fnUntraced(function* ({ monitorIds }: Inserted, query: ResultsApi.LatencyQuery) {
  const { organizationKey } = yield* TestInstance
  return yield* latencySeries(organizationKey, monitorIds[0]!, query)
})

/** Exact percentiles of raw results by bucket. */
const exact = Effect.fnUntraced(function* (where: string, series: { t0: number; stepMs: number }) {
  const { rows } = yield* TestInstance
  const found = yield* rows<{ i: number; p50: number; p95: number; p99: number; n: number }>(`
    select floor((extract(epoch from due_at) * 1000 - ${series.t0}) / ${series.stepMs})::int as i, count(*)::int as n,
           percentile_disc(0.5) within group (order by total_us) as p50, percentile_disc(0.95) within group (order by total_us) as p95,
           percentile_disc(0.99) within group (order by total_us) as p99
      from ts.results_raw where outcome <= 1 and ${where} group by 1`)
  return new Map(found.map((row) => [row.i, row]))
})

const worstError = (
  series: ResultsApi.LatencySeries,
  truth: Map<number, { p50: number; p95: number; p99: number; n: number }>
) => {
  let worst = 0
  for (const [i, row] of truth) {
    assert.strictEqual(series.n[i], row.n)
    for (const q of ["p50", "p95", "p99"] as const) {
      worst = Math.max(worst, Math.abs((series[q][i] ?? Number.POSITIVE_INFINITY) / row[q] - 1))
    }
  }
  return worst
}

layer(Live, fresh)("the latency series of 31 days in 3 regions", (it) => {
  it.effect("has percentiles within 1 % of the exact ones by hour, by day and over all, also in the open hour", () =>
    Effect.gen(function* () {
      const history = yield* past(31, 240_000, 3)
      yield* (yield* Rollups).runOnce
      const mine = `monitor_key = ${history.monitorKeys[0]}`

      const hourly = yield* ask(history, { from: iso(history.from + 20 * dayMs), points: 400 })
      assert.strictEqual(hourly.stepMs, hourMs)
      const hours = yield* exact(`${mine} and due_at >= ${at(hourly.t0)}`, hourly)
      assert.isAbove(hours.size, 11 * 24)
      assert.isBelow(worstError(hourly, hours), 0.0101)

      const daily = yield* ask(history, { from: iso(history.from), points: 40 })
      assert.strictEqual(daily.stepMs, dayMs)
      const days = yield* exact(mine, daily)
      assert.isAtLeast(days.size, 31)
      assert.isBelow(worstError(daily, days), 0.0101)

      const all = (yield* exact(mine, { t0: 0, stepMs: 1e13 })).get(0)!
      assert.strictEqual(daily.overall.n, all.n)
      for (const q of ["p50", "p95", "p99"] as const) {
        assert.isBelow(Math.abs((daily.overall[q] ?? 0) / all[q] - 1), 0.0101, q)
      }
      const { rows } = yield* TestInstance
      const [plain] = yield* rows<{ min: number; mean: number; max: number; failed: number; errors: number }>(`
        select min(total_us) filter (where outcome <= 1) as min, round(avg(total_us) filter (where outcome <= 1))::int as mean,
               max(total_us) filter (where outcome <= 1) as max, (count(*) filter (where outcome = 2))::int as failed,
               (count(*) filter (where outcome = 3))::int as errors
          from ts.results_raw where ${mine}`)
      const { errors, failed, max, mean, min } = daily.overall
      assert.deepStrictEqual({ min, mean, max, failed, errors }, plain)
    })
  )
})

layer(Live, fresh)("the latency series", (it) => {
  it.effect("is the same whether it is read from raw results, hours or days, with what was missed in its bucket", () =>
    Effect.gen(function* () {
      const history = yield* past(3, 60_000, 2)
      const { rows } = yield* TestInstance
      const startsAt = history.from + 20 * hourMs + 30_000
      const [monitorKey, regionKey] = [history.monitorKeys[0]!, history.regionKeys[1]!]
      const missed = `due_at >= ${at(startsAt)} and due_at < ${at(startsAt + 500 * 60_000)} and region_key = ${regionKey}`
      yield* rows(`delete from ts.results_raw where ${missed}`)
      yield* insertGap({ monitorKey, regionKey, startsAt, intervalMs: 60_000, count: 500 })
      const rollups = yield* Rollups
      // Nothing is rolled up yet: all of it comes from raw results.
      for (const points of [10, 100]) {
        yield* rows(`update ts.rollup_state set closed_to = ${at(history.from)}, rolled_to = ${at(history.from)}`)
        const fromRaw = yield* ask(history, { from: iso(history.from), points })
        yield* rollups.runOnce
        const rolled = yield* ask(history, { from: iso(history.from), points })
        assert.deepStrictEqual(rolled, fromRaw)
        assert.strictEqual(rolled.overall.missed, 500)
        assert.strictEqual(
          rolled.missed.reduce((sum, n) => sum + n, 0),
          500
        )
        assert.isAbove(rolled.missed.filter((n) => n > 0).length, 1)
      }
      // And narrow buckets of one day add up to it.
      const day = { from: iso(history.from + dayMs), to: iso(history.from + 2 * dayMs) }
      const fine = yield* ask(history, { ...day, points: 1_000 })
      const coarse = yield* ask(history, { ...day, points: 24 })
      assert.deepStrictEqual([fine.stepMs, coarse.stepMs], [120_000, hourMs])
      assert.deepStrictEqual(fine.overall, coarse.overall)
      for (const column of ["n", "failed", "errors", "missed"] as const) {
        const byHour = coarse[column].map((_, hour) =>
          fine[column].slice(hour * 30, hour * 30 + 30).reduce((sum, n) => sum + n, 0)
        )
        assert.deepStrictEqual(byHour, coarse[column])
      }
    })
  )

  it.effect("of one region is of that region, and of all regions together is not an average", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const history = yield* past(2, 300_000, 2)
      yield* rows(`update ts.results_raw set total_us = 1000000 where region_key = ${history.regionKeys[1]}`)
      yield* (yield* Rollups).runOnce
      const names = yield* rows<{ name: string }>(
        `select name from app.regions where region_key in (${history.regionKeys.join()}) order by region_key`
      )
      const query = { from: iso(history.from), points: 100 }
      const [first, second, both] = [
        yield* ask(history, { ...query, region: names[0]!.name }),
        yield* ask(history, { ...query, region: names[1]!.name }),
        yield* ask(history, query)
      ]
      assert.strictEqual(first.region, names[0]!.name)
      assert.isNull(both.region)
      assert.isBelow(Math.abs((second.overall.p50 ?? 0) / 1_000_000 - 1), 0.0101)
      assert.strictEqual(both.overall.n, first.overall.n + second.overall.n)
      assert.isBelow(first.overall.p95 ?? 0, 1_000_000)
      assert.isBelow(Math.abs((both.overall.p95 ?? 0) / 1_000_000 - 1), 0.0101)
      const unknown = yield* Effect.flip(ask(history, { region: "elsewhere" }))
      assert.strictEqual(unknown._tag, "BadRequest")
    })
  )

  it.effect("is empty, and not invented, where there is nothing", () =>
    Effect.gen(function* () {
      const history = yield* past(2, 300_000, 1)
      const series = yield* ask(history, { from: iso(history.from - 10 * dayMs), to: iso(history.from) })
      assert.deepStrictEqual([...new Set(series.p95)], [null])
      assert.deepStrictEqual([...new Set(series.n)], [0])
      assert.isNull(series.overall.p50)
    })
  )

  it.effect("tells another organization nothing", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const [other] = yield* rows<{ key: number }>(
        "insert into auth.organizations (organization_id, name) values ('org_b', 'B') returning organization_key as key"
      )
      const history = yield* past(1, 300_000, 1)
      const refused = yield* Effect.flip(latencySeries(other!.key, history.monitorIds[0]!, {}))
      assert.strictEqual(refused._tag, "NotFound")
      const empty = yield* Effect.flip(ask(history, { from: iso(history.now + hourMs) }))
      assert.strictEqual(empty._tag, "BadRequest")
    })
  )
})
