import { assert, layer } from "@effect/vitest"
import type { ResultsApi } from "@openseer/core"
import { Clock, Effect, Layer } from "effect"
import { Rollups } from "../aggregate/Rollups.ts"
import { at, dayMs, hourMs, insertGap, insertHistory, insertResults } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { timeline, uptime } from "./Uptimes.ts"

const fresh = { excludeTestServices: true } as const
const Live = Rollups.layer.pipe(Layer.provideMerge(TestInstance.layer))
const iso = (ms: number) => new Date(ms).toISOString()
const minute = 60_000

const ask = Effect.fnUntraced(function* (monitorId: string | undefined, query: ResultsApi.UptimeQuery) {
  const { organizationKey } = yield* TestInstance
  return yield* uptime(organizationKey, monitorId!, query)
})

/** Counts of raw results in a range. */
const counted = Effect.fnUntraced(function* (monitorKey: number, from: number, to: number) {
  const { rows } = yield* TestInstance
  const [row] = yield* rows<{ up: number; degraded: number; down: number; error: number }>(`
    select (count(*) filter (where outcome = 0))::int as up, (count(*) filter (where outcome = 1))::int as degraded,
           (count(*) filter (where outcome = 2))::int as down, (count(*) filter (where outcome = 3))::int as error
      from ts.results_raw where monitor_key = ${monitorKey} and due_at >= ${at(from)} and due_at < ${at(to)}`)
  return row!
})

const counts = ({ degraded, down, error, up }: ResultsApi.RegionUptime | ResultsApi.Uptime) => ({
  up,
  degraded,
  down,
  error
})

layer(Live, fresh)("uptime", (it) => {
  it.effect("is of what was observed, and coverage of what was due, from any instant to any other", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const now = yield* Clock.currentTimeMillis
      const from = Math.floor(now / hourMs) * hourMs - 75 * hourMs
      const history = yield* insertHistory({ from, to: now - minute, intervalMs: minute, regions: 2 })
      const [monitorKey, regionKey] = [history.monitorKeys[0]!, history.regionKeys[0]!]
      const startsAt = from + 30 * hourMs + 12_345
      yield* rows(`delete from ts.results_raw where region_key = ${regionKey}
                      and due_at >= ${at(startsAt)} and due_at < ${at(startsAt + 200 * minute)}`)
      yield* insertGap({ monitorKey, regionKey, startsAt, intervalMs: minute, count: 200 })
      for (const rolled of [false, true]) {
        if (rolled) yield* (yield* Rollups).runOnce
        for (const [first, last] of [
          [from, now],
          [from + 123, from + 74 * hourMs + 77],
          [from + 29.5 * hourMs, from + 31.3 * hourMs],
          [now - hourMs - 1, now]
        ] as const) {
          const answer = yield* ask(history.monitorIds[0], { from: iso(first), to: iso(last) })
          const truth = yield* counted(monitorKey, first, last)
          assert.deepStrictEqual(counts(answer), truth)
          const observed = truth.up + truth.degraded + truth.down
          assert.strictEqual(answer.uptime, (truth.up + truth.degraded) / observed)
          assert.strictEqual(answer.due, observed + truth.error + answer.missed)
          assert.strictEqual(answer.coverage, observed / answer.due)
          assert.deepStrictEqual([answer.from, answer.to], [iso(first), iso(last)])
          assert.strictEqual(
            answer.due,
            answer.regions.reduce((sum, { due }) => sum + due, 0)
          )
        }
      }
      const whole = yield* ask(history.monitorIds[0], { from: iso(from) })
      assert.strictEqual(whole.missed, 200)
      assert.strictEqual(whole.due, 2 * Math.ceil((now - minute - from) / minute))
    })
  )

  it.effect("counts what was due through pauses and edits, and nobody's time as nobody's", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const now = yield* Clock.currentTimeMillis
      const from = Math.floor(now / hourMs) * hourMs - 30 * hourMs
      const { monitorIds, monitorKeys, regionKeys } = yield* insertHistory({
        from,
        to: from + 10 * hourMs,
        intervalMs: minute,
        regions: 1
      })
      const [monitorKey, regionKey] = [monitorKeys[0]!, regionKeys[0]!]
      // Paused for 5 hours, then every 5 minutes in another job, of which one hour was executed by nobody and not told.
      yield* rows(`update app.placements set ends_at = ${at(from + 10 * hourMs)} where monitor_key = ${monitorKey}`)
      yield* rows(`update app.jobs set due_at = ${at(now)} where region_key = ${regionKey}`)
      const resumed = from + 15 * hourMs
      yield* rows(`
        with job as (
          insert into app.jobs (region_key, check_kind, check_version, interval_ms, timeout_ms, due_at, ready_at, members)
          values (${regionKey}, 'http', 1, ${5 * minute}, 1000, ${at(from + 25 * hourMs)}, ${at(from + 25 * hourMs)}, '{${monitorKey}}')
          returning job_id)
        insert into app.placements (monitor_key, region_key, starts_at, interval_ms, job_id)
        select ${monitorKey}, ${regionKey}, ${at(resumed)}, ${5 * minute}, job_id from job`)
      const rest = { monitorKeys, regionKeys, intervalMs: 5 * minute }
      yield* insertResults({ ...rest, from: resumed, to: resumed + 4 * hourMs })
      yield* insertResults({ ...rest, from: resumed + 5 * hourMs, to: from + 25 * hourMs })
      yield* (yield* Rollups).runOnce
      const answer = yield* ask(monitorIds[0], { from: iso(from) })
      assert.strictEqual(answer.due, 10 * 60 + 10 * 12)
      assert.strictEqual(answer.up + answer.degraded + answer.down + answer.error, 10 * 60 + 9 * 12)
      assert.strictEqual(answer.missed, 0)
      const paused = yield* ask(monitorIds[0], {
        from: iso(from + 11 * hourMs),
        to: iso(from + 14 * hourMs)
      })
      assert.deepStrictEqual([paused.due, paused.uptime, paused.coverage], [0, null, null])
      const untold = yield* ask(monitorIds[0], { from: iso(resumed + 4.2 * hourMs), to: iso(resumed + 4.9 * hourMs) })
      assert.isAbove(untold.due, 7)
      assert.deepStrictEqual([untold.uptime, untold.coverage], [null, 0])
    })
  )

  it.effect("takes a tick that is still going neither as due nor as missed, and its early results as both", () =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const from = Math.floor(now / hourMs) * hourMs - 2 * hourMs
      const to = from + 30 * minute
      const { monitorIds, monitorKeys, regionKeys } = yield* insertHistory({ from, to, intervalMs: minute, regions: 2 })
      const before = yield* ask(monitorIds[0], { from: iso(from) })
      assert.strictEqual(before.due, 60)
      yield* insertResults({ monitorKeys, regionKeys: [regionKeys[0]!], from: to, to: to + 1, intervalMs: minute })
      const during = yield* ask(monitorIds[0], { from: iso(from) })
      assert.strictEqual(during.due, 61)
    })
  )
})

layer(Live, fresh)("the timeline", (it) => {
  it.effect("has a cell for each day, today's from hours and raw results, and unknown where nothing was observed", () =>
    Effect.gen(function* () {
      const { organizationKey, rows } = yield* TestInstance
      const now = yield* Clock.currentTimeMillis
      const today = Math.floor(now / dayMs) * dayMs
      const from = today - 5 * dayMs
      const history = yield* insertHistory({ from, to: now, intervalMs: 2 * minute, regions: 2 })
      const monitorKey = history.monitorKeys[0]!
      const dead = today - 2 * dayMs
      yield* rows(`delete from ts.results_raw where due_at >= ${at(dead)} and due_at < ${at(dead + dayMs)}`)
      for (const regionKey of history.regionKeys) {
        yield* insertGap({ monitorKey, regionKey, startsAt: dead + 5, intervalMs: 2 * minute, count: 720 })
      }
      const raw = yield* timeline(organizationKey, history.monitorIds[0]!, { days: 45 })
      yield* (yield* Rollups).runOnce
      const rolled = yield* timeline(organizationKey, history.monitorIds[0]!, { days: 45 })
      assert.deepStrictEqual(rolled, raw)
      assert.lengthOf(rolled.days, 45)
      assert.strictEqual(rolled.days.at(-1)?.day, iso(today).slice(0, 10))
      for (const [i, cell] of rolled.days.entries()) {
        const start = today - (44 - i) * dayMs
        const { coverage, day, missed, uptime: ratio, ...tally } = cell
        assert.strictEqual(day, iso(start).slice(0, 10))
        assert.deepStrictEqual(tally, yield* counted(monitorKey, start, start + dayMs))
        if (start === dead) assert.deepStrictEqual([missed, ratio, coverage], [1_440, null, 0])
        else if (start < from) assert.deepStrictEqual([missed, ratio, coverage], [0, null, null])
        else {
          const observed = tally.up + tally.degraded + tally.down
          assert.strictEqual(ratio, observed === 0 ? null : (tally.up + tally.degraded) / observed)
        }
      }
    })
  )
})
