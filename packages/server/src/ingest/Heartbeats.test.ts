/** Heartbeats on a real database: what core's rules say happens there once, whoever calls and whoever looks, at any moment. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../db/Database.ts"
import { TestApi } from "../testing/TestApi.ts"
import { cameOf, hourly, makeHeartbeat, minute, monitorOf, pass, passAway, ping } from "../testing/TestHeartbeat.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { Heartbeats } from "./Heartbeats.ts"
import * as HeartbeatStore from "./HeartbeatStore.ts"

const settle = Effect.gen(function* () {
  return yield* (yield* Heartbeats).settle
})

const stateOf = (events: ReadonlyArray<{ readonly state: string }>) => events.map(({ state }) => state)

const changesOf = (id: string) =>
  Effect.gen(function* () {
    const { rows } = yield* TestInstance
    return stateOf(
      yield* rows<{ state: string }>(
        `select payload ->> 'state' as state from app.events where kind = 'state' and monitor_id = '${id}' order by event_key`
      )
    )
  })

layer(TestApi.layer, { excludeTestServices: true })("a heartbeat", (it) => {
  it.effect("that is overdue is found by an index, and those that are not are not read", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const [text] = HeartbeatStore.lockOverdue((yield* Database).background.sql).compile()
      // A scan of the table is left only where the planner can't use the index at all.
      yield* rows(`create function public.plan_of(q text) returns setof text language plpgsql set enable_seqscan = off
                   as $$ begin return query execute 'explain ' || q; end $$`)
      const plan = yield* rows<{ line: string }>(
        `select line from public.plan_of($q$${text.replace("$1", "20")}$q$) as line`
      )
      assert.include(JSON.stringify(plan), "Index Scan using heartbeats_wake")
    })
  )

  it.effect("is unknown and expects nothing before the first signal, and is up from it on", () =>
    Effect.gen(function* () {
      const heartbeat = yield* makeHeartbeat()
      yield* pass(48 * 60 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), [])
      assert.strictEqual((yield* monitorOf(heartbeat)).state, "unknown")
      assert.strictEqual(yield* ping(heartbeat), 200)
      const monitor = yield* monitorOf(heartbeat)
      assert.strictEqual(monitor.state, "up")
      assert.strictEqual(monitor.heartbeat.lastSignal, "success")
      const expectedMs = Date.parse(monitor.heartbeat.expectedAt) - Date.parse(monitor.heartbeat.lastSignalAt)
      assert.strictEqual(expectedMs, 60 * minute)
      assert.deepStrictEqual(yield* changesOf(heartbeat.id), ["up"])
    })
  )

  it.effect(
    "that is not heard of is down after its grace, once a period, with a sentence, and up at once when it is",
    () =>
      Effect.gen(function* () {
        const heartbeat = yield* makeHeartbeat()
        yield* ping(heartbeat)
        yield* pass(69 * minute)
        yield* settle
        assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
        yield* pass(2 * minute)
        yield* settle
        yield* settle
        assert.deepStrictEqual(yield* cameOf(heartbeat), ["up", "down heartbeat_missed"])
        const monitor = yield* monitorOf(heartbeat)
        assert.strictEqual(monitor.state, "down")
        assert.match(monitor.regions[0].message, /^expected at 20.*Z, and not there 10 min later$/)
        yield* pass(60 * minute)
        yield* settle
        yield* ping(heartbeat)
        assert.deepStrictEqual(yield* cameOf(heartbeat), ["up", "down heartbeat_missed", "down heartbeat_missed", "up"])
        assert.deepStrictEqual(yield* changesOf(heartbeat.id), ["up", "down", "up"])
      })
  )

  it.effect("that comes late in its grace is up with its lateness, and a run has its duration", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat({ ...hourly, runMsMax: 120 * minute })
      yield* ping(heartbeat)
      yield* pass(65 * minute)
      yield* ping(heartbeat, "start")
      assert.isString((yield* monitorOf(heartbeat)).heartbeat.startedAt)
      yield* pass(90 * minute)
      yield* settle
      yield* ping(heartbeat, "0")
      const { json } = yield* call("GET", `/api/v1/monitors/${heartbeat.id}/results`, { key: heartbeat.key })
      // The run went on when the next signal came due.
      const [third, second, first] = json.items
      assert.deepStrictEqual(
        json.items.map(({ outcome, reason }: { outcome: string; reason?: string }) => reason ?? outcome),
        ["up", "up", "up"]
      )
      assert.strictEqual(first.latenessUs, 0)
      assert.isUndefined(first.detail)
      // These are more than the columns of microseconds hold: what is exact is in the details.
      assert.strictEqual(second.totalUs, 2_147_483_647)
      assert.strictEqual(second.latenessUs, 2_147_483_647)
      assert.approximately(second.detail.latenessMs, 95 * minute, 30_000)
      assert.approximately(third.latenessUs, 35 * minute * 1_000, 30_000_000)
      assert.approximately(third.detail.runMs, 90 * minute, 30_000)
      assert.isUndefined((yield* monitorOf(heartbeat)).heartbeat.startedAt)
    })
  )

  it.effect("whose run does not end in time overran", () =>
    Effect.gen(function* () {
      const heartbeat = yield* makeHeartbeat({ ...hourly, runMsMax: 20 * minute })
      yield* ping(heartbeat, "start")
      yield* pass(19 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), [])
      yield* pass(2 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["down heartbeat_overran"])
      assert.match((yield* monitorOf(heartbeat)).regions[0].message, /within 20 min/)
    })
  )

  it.effect("expects nothing while it is paused, and anew from the moment on which it is resumed", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat()
      const path = `/api/v1/monitors/${heartbeat.id}`
      yield* ping(heartbeat)
      yield* pass(65 * minute)
      yield* call("POST", `${path}/pause`, { key: heartbeat.key })
      yield* pass(300 * minute)
      yield* settle
      assert.strictEqual(yield* ping(heartbeat, "fail"), 200)
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
      const paused = yield* monitorOf(heartbeat)
      assert.strictEqual(paused.state, "paused")
      assert.strictEqual(paused.heartbeat.lastSignal, "fail")
      assert.isUndefined(paused.heartbeat.expectedAt)
      yield* call("POST", `${path}/resume`, { key: heartbeat.key })
      yield* pass(69 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
      yield* pass(2 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up", "down heartbeat_missed"])
    })
  )

  it.effect("expects anew with another schedule, and what is expected already is given another grace", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat()
      const change = (spec: object) =>
        call("PATCH", `/api/v1/monitors/${heartbeat.id}`, { key: heartbeat.key, json: { spec } })
      yield* ping(heartbeat)
      yield* pass(65 * minute)
      assert.strictEqual((yield* change({ ...hourly, graceMs: 30 * minute })).status, 200)
      yield* pass(10 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
      const changed = yield* change({ schedule: { periodMs: 120 * minute }, graceMs: 10 * minute })
      assert.strictEqual(changed.json.intervalMs, 120 * minute)
      yield* pass(129 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
      yield* pass(2 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up", "down heartbeat_missed"])
    })
  )

  it.effect("with a cron expression expects its instants in its time zone", () =>
    Effect.gen(function* () {
      const heartbeat = yield* makeHeartbeat({ schedule: { cron: "30 2 * * *", timeZone: "Asia/Kolkata" } })
      yield* ping(heartbeat)
      const { expectedAt } = (yield* monitorOf(heartbeat)).heartbeat
      assert.match(expectedAt, /T21:00:00.000Z$/)
      assert.isAbove(Date.parse(expectedAt), Date.now())
    })
  )

  it.effect("that is deleted is known no more", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat()
      yield* ping(heartbeat)
      yield* call("DELETE", `/api/v1/monitors/${heartbeat.id}`, { key: heartbeat.key })
      assert.strictEqual(yield* ping(heartbeat), 404)
      yield* pass(600 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
    })
  )

  it.effect("counts in uptime and coverage, in open hours and rolled up", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const { rows } = yield* TestInstance
      yield* rows(`update ts.rollup_state set closed_to = date_trunc('hour', now(), 'UTC') - interval '10 hours',
                                              rolled_to = date_trunc('hour', now(), 'UTC') - interval '10 hours'`)
      const heartbeat = yield* makeHeartbeat()
      yield* ping(heartbeat)
      yield* pass(60 * minute)
      yield* ping(heartbeat)
      yield* pass(130 * minute)
      yield* settle
      yield* passAway(60 * minute)
      yield* (yield* Heartbeats).markPresent
      yield* pass(11 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), [
        "up",
        "up",
        "down heartbeat_missed",
        "down heartbeat_missed",
        "gap 1"
      ])
      const counted = call("GET", `/api/v1/monitors/${heartbeat.id}/uptime`, { key: heartbeat.key }).pipe(
        Effect.map(({ json: { coverage, down, due, missed, up, uptime } }) => ({
          coverage,
          down,
          due,
          missed,
          up,
          uptime
        }))
      )
      const expected = { coverage: 4 / 5, down: 2, due: 5, missed: 1, up: 2, uptime: 0.5 }
      assert.deepStrictEqual(yield* counted, expected)
      const here = "date_trunc('hour', now(), 'UTC') + interval '1 hour'"
      yield* Effect.forEach(Array.from({ length: 11 }), () => rows(`select ts.close_next_hour(${here})`))
      yield* Effect.forEach(Array.from({ length: 11 }), () => rows("select ts.roll_next_hour()"))
      const [rolled] = yield* rows<{ n: number }>("select sum(up + down + missed)::int as n from ts.results_agg_1h")
      assert.isAtLeast(rolled?.n ?? 0, 5)
      assert.deepStrictEqual(yield* counted, expected)
    })
  )
})

layer(TestApi.layer, { excludeTestServices: true })("when no control plane was there", (it) => {
  it.effect("what could not arrive is part of a gap and unknown, never down, after a new grace", () =>
    Effect.gen(function* () {
      const heartbeat = yield* makeHeartbeat()
      yield* ping(heartbeat)
      yield* pass(50 * minute)
      yield* passAway(30 * minute)
      // Whoever looks first, before anybody has said that we are back: nothing ends.
      yield* settle
      yield* (yield* Heartbeats).markPresent
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
      yield* pass(9 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
      yield* pass(2 * minute)
      yield* settle
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up", "gap 1"])
      assert.strictEqual((yield* monitorOf(heartbeat)).state, "unknown")
      assert.deepStrictEqual(yield* changesOf(heartbeat.id), ["up", "unknown"])
      yield* ping(heartbeat)
      assert.strictEqual((yield* monitorOf(heartbeat)).state, "up")
    })
  )

  it.effect("a signal within the new grace is up, and all instants between are one gap", () =>
    Effect.gen(function* () {
      const heartbeat = yield* makeHeartbeat({ schedule: { periodMs: 10 * minute }, graceMs: 5 * minute })
      yield* ping(heartbeat)
      yield* pass(5 * minute)
      yield* passAway(120 * minute)
      // The ping itself may be the first to come after an absence.
      assert.strictEqual(yield* ping(heartbeat), 200)
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up", "gap 11", "up"])
      assert.strictEqual((yield* monitorOf(heartbeat)).state, "up")
    })
  )

  it.effect("a pause of a second or two is no absence", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const heartbeats = yield* Heartbeats
      yield* heartbeats.markPresent
      const count = rows<{ n: number }>("select count(*)::int as n from app.absences")
      const [before] = yield* count
      yield* rows("update app.presence set seen_at = now() - interval '3 seconds'")
      yield* heartbeats.markPresent
      assert.deepStrictEqual((yield* count)[0], before)
      yield* rows("update app.presence set seen_at = now() - interval '6 seconds'")
      yield* Effect.all([heartbeats.markPresent, heartbeats.markPresent, heartbeats.markPresent], { concurrency: 3 })
      assert.deepStrictEqual((yield* count)[0]?.n, (before?.n ?? 0) + 1)
    })
  )
})
