/**
 * Heartbeats as a model test: jobs that call, people who edit, and the duties of two control planes, all at once on one
 * database, with hours between in which somebody or nobody was there. Whatever happened, each expected instant has ended
 * once, as a result or as a part of a gap.
 *
 * `OPENSEER_TEST_SEED` replays what each of them decides; the database decides how they interleave.
 */
import { assert, describe, it } from "@effect/vitest"
import { CronTime } from "@openseer/core"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { Heartbeats } from "../../packages/server/src/ingest/Heartbeats.ts"
import { TestApi } from "../../packages/server/src/testing/TestApi.ts"
import {
  cameOf,
  makeHeartbeat,
  minute,
  pass,
  passAway,
  type TestHeartbeat
} from "../../packages/server/src/testing/TestHeartbeat.ts"
import { TestInstance } from "../../packages/server/src/testing/TestInstance.ts"
import * as Checker from "./Checker.ts"
import { Random } from "./Random.ts"

const seed = Number(process.env["OPENSEER_TEST_SEED"] ?? Date.now() % 1_000_000)
const rounds = 6
const roundMs = 1_200

const pick = <A>(random: Random, items: ReadonlyArray<A>): A => items[Math.floor(random.next() * items.length)]!

/** Another control plane on the same database. */
const replica = Effect.map(Layer.build(Layer.fresh(Heartbeats.layer)), (context) => Context.get(context, Heartbeats))

const during = <A, E, R>(random: Random, step: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const endsAt = performance.now() + roundMs
    while (performance.now() < endsAt) {
      yield* step
      yield* Effect.sleep(random.next() * 4)
    }
  })

const duty = (plane: Heartbeats["Service"]) => Effect.andThen(plane.markPresent, plane.settle)

const tokenOf = ({ path }: TestHeartbeat): string => path.slice("/ping/".length)

interface Ended {
  readonly at: number
  readonly what: string
}

/** All that has ended of a heartbeat, in order of time. */
const endedOf = Effect.fnUntraced(function* ({ id }: TestHeartbeat) {
  const { rows } = yield* TestInstance
  return yield* rows<Ended>(`
    select (extract(epoch from at) * 1000)::float8 as at, what from (
      select due_at as at, case outcome when 0 then 'up' else 'down' end as what
        from ts.results_raw join app.monitors using (monitor_key) where monitor_id = '${id}'
       union all
      select t, 'gap' from ts.gaps g join app.monitors using (monitor_key)
       cross join lateral generate_series(g.starts_at, g.ends_at - interval '1 ms', g.interval_ms * interval '1 ms') t
       where monitor_id = '${id}') e order by at`)
})

describe("heartbeats", () => {
  it.live(
    "whatever jobs, editors and two control planes do in whatever order, each expected instant ends once",
    () =>
      Effect.gen(function* () {
        const { call } = yield* TestApi
        const { rows } = yield* TestInstance
        const planes = [yield* replica, yield* replica]
        const cron = { schedule: { cron: "* * * * *", timeZone: "Europe/Berlin" }, graceMs: 2 * minute }
        const period = { schedule: { periodMs: minute }, graceMs: 30_000, runMsMax: 3 * minute }
        const crons = yield* Effect.forEach([1, 2], () => makeHeartbeat(cron))
        const periods = yield* Effect.forEach([1, 2], () => makeHeartbeat(period))
        const edited = yield* Effect.forEach([1, 2], (i) => makeHeartbeat(i === 1 ? cron : period))
        const all = [...crons, ...periods, ...edited]
        for (const heartbeat of all) yield* planes[0]!.signal(tokenOf(heartbeat), "success")

        let signals = 0
        const job = (random: Random) =>
          Effect.suspend(() => {
            signals++
            return pick(random, planes).signal(
              tokenOf(pick(random, all)),
              pick(random, ["success", "success", "success", "start", "fail"] as const)
            )
          })
        const editor = (random: Random) =>
          Effect.suspend(() => {
            const { id, key } = pick(random, edited)
            const path = `/api/v1/monitors/${id}`
            const spec = pick(random, [cron, period, { ...cron, graceMs: 1_000 }])
            return random.next() < 0.5
              ? call("POST", `${path}/${pick(random, ["pause", "resume"])}`, { key })
              : call("PATCH", path, { key, json: { spec } })
          }).pipe(Effect.map(({ status, text }) => assert.strictEqual(status, 200, text)))
        const roller = (random: Random) =>
          Effect.suspend(() =>
            rows(
              pick(random, [
                "select ts.close_next_hour(date_trunc('hour', now(), 'UTC') + interval '1 hour')",
                "select ts.roll_next_hour()",
                "select ts.roll_dirty(5)"
              ])
            )
          )

        const steps = [
          ...[1, 2, 3, 4].map((i) => ({ random: new Random(seed + i), make: job })),
          ...planes.map((plane, i) => ({ random: new Random(seed + 10 + i), make: () => duty(plane) })),
          { random: new Random(seed + 20), make: editor },
          { random: new Random(seed + 21), make: roller }
        ]
        const failures: Array<string> = []
        const clock = new Random(seed)
        for (let round = 0; round < rounds; round++) {
          if (round > 0) {
            // More than all rounds before took, so that nothing meets what was there.
            const ms = Math.ceil(1 + clock.next() * 20) * minute
            yield* round % 2 === 0 ? pass(ms) : passAway(ms)
            yield* rows(
              "update ts.rollup_state set closed_to = closed_to - interval '1 hour', rolled_to = closed_to - interval '1 hour'"
            )
            yield* rows("delete from ts.results_agg_1h")
          }
          yield* Effect.forEach(
            steps,
            ({ make, random }) =>
              during(
                random,
                Effect.exit(make(random)).pipe(
                  Effect.map((exit) => Exit.isFailure(exit) && failures.push(Cause.pretty(exit.cause)))
                )
              ),
            { concurrency: "unbounded", discard: true }
          )
        }
        yield* pass(10 * minute)
        yield* planes[0]!.settle
        yield* rows("delete from ts.results_agg_1h")
        yield* rows(`update ts.rollup_state set closed_to = date_trunc('hour', now(), 'UTC') - interval '24 hours',
                                                rolled_to = date_trunc('hour', now(), 'UTC') - interval '24 hours'`)
        yield* Checker.rollUpAll

        const report = JSON.stringify({ seed, signals, account: yield* Checker.account })
        yield* Effect.sync(() => console.log(`heartbeats: ${report}`))
        assert.deepStrictEqual(failures.slice(0, 3), [], report)
        assert.deepStrictEqual(yield* Checker.violations, [], report)

        for (const heartbeat of crons) {
          const ended = yield* endedOf(heartbeat)
          const told = `${report} ${JSON.stringify(ended.map(({ at, what }) => [new Date(at).toISOString(), what]))}`
          const [row] = yield* rows<{ due: number }>(`
            select (extract(epoch from due_at) * 1000)::float8 as due from app.heartbeats join app.monitors using (monitor_key)
             where monitor_id = '${heartbeat.id}'`)
          const instants: Array<number> = []
          for (let at = ended[0]!.at; (at = CronTime.next(cron.schedule.cron, "UTC", at)) < row!.due;) instants.push(at)
          assert.isAbove(instants.length, 10)
          for (const instant of instants) {
            // One that came up to half a minute early ended the instant then.
            assert.isAtLeast(ended.filter(({ at }) => at <= instant && at >= instant - minute / 2).length, 1, told)
            assert.isAtMost(ended.filter(({ at }) => at === instant).length, 1, told)
          }
          // What is not of an instant is there because it changed something.
          ended.forEach(({ at, what }, i) => {
            const isEarlyOne = instants.some((instant) => at >= instant - minute / 2 && at <= instant)
            if (i > 0 && !isEarlyOne) assert.notStrictEqual(what, ended[i - 1]!.what, told)
          })
        }
        for (const heartbeat of periods) {
          const ended = yield* endedOf(heartbeat)
          ended.forEach(({ at, what }, i) => {
            const before = ended[i - 1]
            if (before === undefined || before.what !== what) return
            assert.isAtLeast(at - before.at, minute / 2, `${report} ${JSON.stringify(ended)}`)
          })
        }
        for (const heartbeat of [...crons, ...periods]) {
          const came = yield* cameOf(heartbeat)
          const [state] = yield* rows<{ state: number }>(`
            select s.state::int from app.monitor_states s join app.monitors m using (monitor_key)
             where m.monitor_id = '${heartbeat.id}'`)
          // The last word is the state, but for what became unknown within a minute of a result.
          const last = came.at(-1)!
          if (!last.startsWith("gap"))
            assert.strictEqual(state?.state, last === "up" ? 0 : 2, `${report} ${came.join()}`)
        }
      }).pipe(Effect.scoped, Effect.provide(TestApi.layer)),
    60_000
  )
})
