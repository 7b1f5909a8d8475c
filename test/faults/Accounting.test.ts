/**
 * The accounting of due instants as a model test: workers that do anything in any order, people who edit, and the duties,
 * all at once on one database. Whatever happened, in the end each due instant is a result or in a gap, and only once.
 *
 * `OPENSEER_TEST_SEED` replays what each of them decides; the database decides how they interleave.
 */
import { assert, describe, it } from "@effect/vitest"
import { HttpCheck, type WorkerRpc } from "@openseer/core"
import { Cause, Effect, Exit, Layer } from "effect"
import { CheckTypes } from "../../packages/server/src/CheckTypes.ts"
import { Ingest } from "../../packages/server/src/ingest/Ingest.ts"
import { OverdueTicks } from "../../packages/server/src/ingest/OverdueTicks.ts"
import { Leases } from "../../packages/server/src/lease/Leases.ts"
import { Monitors } from "../../packages/server/src/schedule/Monitors.ts"
import { TestInstance } from "../../packages/server/src/testing/TestInstance.ts"
import * as Checker from "./Checker.ts"
import { Random } from "./Random.ts"

const seed = Number(process.env["OPENSEER_TEST_SEED"] ?? Date.now() % 1_000_000)
const hourMs = 3_600_000
const rounds = 3
const roundMs = 2_500

const Stages = Layer.mergeAll(
  Leases.layer,
  Ingest.layer,
  OverdueTicks.layer,
  Monitors.layer.pipe(Layer.provide(CheckTypes.layer()))
).pipe(Layer.provideMerge(TestInstance.layer))

/**
 * What all actors share. `acknowledged` are due instants as if no hour had been skipped, `leases` the last one that was
 * granted of each job, and `fencing` what was stored under an earlier one.
 */
interface World {
  skippedHours: number
  readonly leases: Map<number, number>
  readonly fencing: Array<string>
  readonly acknowledged: Array<{ readonly monitorKey: number; readonly dueAt: number }>
  readonly deeds: Map<string, number>
}

const note = ({ deeds }: World, deed: string) => Effect.sync(() => deeds.set(deed, (deeds.get(deed) ?? 0) + 1))

const pick = <A>(random: Random, items: ReadonlyArray<A>): A => items[Math.floor(random.next() * items.length)]!

const resultOf = (monitorKey: number, random: Random): WorkerRpc.RunResult => ({
  monitorKey,
  outcome: pick(random, ["up", "up", "degraded", "error"] as const),
  latenessUs: 0,
  errorBoundUs: 0,
  observation: {
    totalUs: Math.floor(random.next() * 1e6),
    phases: { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 }
  }
})

/** Repeats a step for the length of a round, with short rests. */
const during = <A, E, R>(random: Random, step: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const endsAt = performance.now() + roundMs
    while (performance.now() < endsAt) {
      yield* step
      yield* Effect.sleep(random.next() < 0.005 ? 700 + random.next() * 800 : random.next() * 15)
    }
  })

/** Grants, submits, renews and releases in any order, remembers every lease, and uses it again long after its end. */
const makeWorker = Effect.fnUntraced(function* (world: World, random: Random) {
  const { addWorker, rows } = yield* TestInstance
  const leases = yield* Leases
  const ingest = yield* Ingest
  const workerKey = yield* addWorker
  const regionKeys = (yield* rows<{ key: number }>("select region_key::int as key from app.regions")).map((r) => r.key)
  const held: Array<WorkerRpc.Job> = []

  const grant = Effect.gen(function* () {
    const granted = yield* leases.grant({
      workerKey,
      regionKeys: random.next() < 0.5 ? regionKeys : [pick(random, regionKeys)],
      capacity: 1 + Math.floor(random.next() * 40),
      horizonMs: Math.floor(random.next() * 3_000),
      checkTypes: [{ kind: "http", version: HttpCheck.HttpCheck.version }],
      known: []
    })
    for (const { jobId, leaseId } of granted) {
      world.leases.set(jobId, Math.max(leaseId, world.leases.get(jobId) ?? 0))
    }
    for (const { done } of granted) yield* note(world, done === undefined ? "granted" : "granted again")
    held.push(...granted)
    held.splice(0, held.length - 40)
  })

  const submit = Effect.fnUntraced(function* (job: WorkerRpc.Job) {
    const members = job.members ?? []
    const keys = members.map(({ monitorKey }) => monitorKey)
    const some =
      random.next() < 0.5 ? keys : random.shuffled(keys).slice(0, Math.floor(random.next() * (keys.length + 1)))
    const strange = random.next() < 0.1 ? [...some, ...some, 1 + Math.floor(random.next() * 20), 999_999] : some
    const skipped = world.skippedHours
    const submission: WorkerRpc.Submission = {
      jobId: job.jobId,
      oneOff: false,
      leaseId: job.leaseId,
      tickAt: random.next() < 0.03 ? job.tickAt + job.intervalMs : job.tickAt,
      final: random.next() < 0.35,
      results: strange.map((key) => resultOf(key, random))
    }
    const current = world.leases.get(job.jobId) ?? 0
    if (submission.final && random.next() < 0.8) held.splice(held.indexOf(job), 1)
    const [answer] = yield* ingest.submit({ workerKey, regionKeys }, [submission])
    for (const [index, key] of strange.entries()) {
      const verdict = answer!.verdicts[index]!
      yield* note(world, verdict)
      if (verdict === "stored" && job.leaseId < current) world.fencing.push(`lease ${job.leaseId} after ${current}`)
      const offsetMs = members.find(({ monitorKey }) => monitorKey === key)?.offsetMs
      if (verdict === "fenced" || offsetMs === undefined) continue
      world.acknowledged.push({ monitorKey: key, dueAt: submission.tickAt + offsetMs + skipped * hourMs })
    }
  })

  return Effect.suspend(() => {
    const job = pick(random, random.next() < 0.9 ? held.slice(-8) : held)
    const dice = random.next()
    if (job === undefined || dice < 0.2) return grant
    if (dice < 0.9) return submit(job)
    if (dice < 0.95) return leases.renew(workerKey, [job])
    return leases.release(workerKey, [job])
  })
})

/** Creates, edits, pauses, resumes and deletes monitors. */
const makeEditor = Effect.fnUntraced(function* (world: World, random: Random, ids: Array<string>) {
  const { organizationKey } = yield* TestInstance
  const monitors = yield* Monitors
  const regions = () => pick(random, [["here"], ["there"], ["here", "there"]])
  const intervalMs = () => pick(random, [1_000, 1_100, 1_200, 1_300, 1_400, 3_000])
  const create = Effect.gen(function* () {
    const form = { name: "m", kind: "http", spec: { url: "http://127.0.0.1/" }, tags: [] }
    ids.push(yield* monitors.create(organizationKey, { ...form, intervalMs: intervalMs(), regions: regions() }))
  })
  const edit = (id: string) => {
    const dice = random.next()
    const timeoutMs = Math.floor(100 + random.next() * 700)
    if (dice < 0.15) return monitors.pause(organizationKey, id)
    if (dice < 0.5) return monitors.resume(organizationKey, id)
    if (dice < 0.65) return monitors.update(organizationKey, id, { intervalMs: intervalMs(), timeoutMs })
    if (dice < 0.85) return monitors.update(organizationKey, id, { regions: regions() })
    if (dice < 0.95) return monitors.update(organizationKey, id, { timeoutMs })
    ids.splice(ids.indexOf(id), 1)
    return monitors.remove(organizationKey, id)
  }
  return Effect.suspend((): Effect.Effect<unknown, unknown> =>
    ids.length < 20 ? create : Effect.andThen(note(world, "edits"), edit(pick(random, ids)))
  ).pipe(Effect.catchTag("NotFound" as never, () => Effect.void))
})

/** Settles, lets leases expire, and closes and rolls up hours while they are written. */
const makeOperator = Effect.fnUntraced(function* (random: Random) {
  const { rows } = yield* TestInstance
  const overdue = yield* OverdueTicks
  return Effect.suspend((): Effect.Effect<unknown, unknown> => {
    const dice = random.next()
    if (dice < 0.35) return overdue.settle
    if (dice < 0.55) {
      return rows(
        `update app.jobs set ready_at = now() where lease_id is not null and ready_at > now() and random() < 0.3`
      )
    }
    if (dice < 0.65) return rows("select ts.close_next_hour(date_trunc('hour', now(), 'UTC') + interval '1 hour')")
    return dice < 0.8 ? rows("select ts.roll_next_hour()") : rows("select ts.roll_dirty(5)")
  })
})

/**
 * Moves everything back by hours in which nobody did anything; whole hours stay whole hours. Each time by more than all
 * before together, so that no row takes the key of one that has not moved yet.
 */
const skipHours = Effect.fnUntraced(function* (world: World) {
  const { elapse, rows } = yield* TestInstance
  const hours = world.skippedHours + 1
  yield* elapse(hours * hourMs)
  yield* rows(`update ts.results_agg_1h set bucket_at = bucket_at - interval '${hours} hours'`)
  yield* rows(`update ts.rollup_dirty set hour_at = hour_at - interval '${hours} hours'`)
  yield* rows(
    `update ts.rollup_state set closed_to = closed_to - interval '${hours} hours',
                                rolled_to = rolled_to - interval '${hours} hours'`
  )
  world.skippedHours += hours
})

/** Ends what is going on, as if everybody had gone home: nobody is due any more, and what was due is settled. */
const drain = Effect.fnUntraced(function* (world: World) {
  const { rows } = yield* TestInstance
  yield* rows("select app.remove(monitor_key) from app.monitors order by monitor_key")
  yield* skipHours(world)
  yield* (yield* OverdueTicks).settle
  yield* Checker.rollUpAll
})

/** Each due instant against each result and each instant of a gap, as sets. */
const differences = Effect.gen(function* () {
  const { rows } = yield* TestInstance
  return yield* rows<{ readonly difference: string }>(`
    with due as (
      select p.monitor_key, p.region_key, t + app.offset_ms(p.monitor_key, p.interval_ms) * interval '1 ms' as at,
             count(*) as times
        from app.placements p cross join lateral
             generate_series(p.starts_at, p.ends_at - interval '1 ms', p.interval_ms * interval '1 ms') t
       group by 1, 2, 3
    ), covered as (
      select monitor_key, region_key, at, string_agg(how, ' and ') as how, count(*) as times
        from (
          select monitor_key, region_key, due_at as at, 'a result' as how from ts.results_raw
           union all
          select g.monitor_key, g.region_key, t, 'a gap ' || g.cause
            from ts.gaps g cross join lateral
                 generate_series(g.starts_at, g.ends_at - interval '1 ms', g.interval_ms * interval '1 ms') t) c
       group by 1, 2, 3
    )
    select format('%s %s %s: %s, %s', monitor_key, region_key, to_char(at, 'HH24:MI:SS.MS'),
                  case when d.at is null then 'not due' else 'due' end, coalesce(how, 'nothing')) as difference
      from due d full join covered c using (monitor_key, region_key, at)
     where d.monitor_key is null or c.monitor_key is null or c.times > d.times
     order by monitor_key, region_key, at limit 20`)
})

/**
 * Whether the grids of two jobs met at one millisecond just when a monitor moved from one to the other: one instant and
 * one result, which the checker's sums would count as two.
 */
const isAnyDueTwice = Effect.gen(function* () {
  const { rows } = yield* TestInstance
  const twice = yield* rows(`
    select from app.placements p cross join lateral
                generate_series(p.starts_at, p.ends_at - interval '1 ms', p.interval_ms * interval '1 ms') t
     group by p.monitor_key, p.region_key, t + app.offset_ms(p.monitor_key, p.interval_ms) * interval '1 ms'
    having count(*) > 1`)
  return twice.length > 0
})

describe("accounting", () => {
  it.live(
    "whatever workers, editors and duties do in whatever order, each due instant is a result or in a gap, once",
    () =>
      Effect.gen(function* () {
        const world: World = { skippedHours: 0, leases: new Map(), fencing: [], acknowledged: [], deeds: new Map() }
        const { rows } = yield* TestInstance
        yield* rows("insert into app.regions (name) values ('there')")
        const actor = (index: number) => new Random(seed + index)
        const ids: Array<string> = []
        const steps = [
          { random: actor(1), step: yield* makeWorker(world, actor(1)) },
          { random: actor(2), step: yield* makeWorker(world, actor(2)) },
          { random: actor(3), step: yield* makeEditor(world, actor(3), ids) },
          { random: actor(4), step: yield* makeOperator(actor(4)) }
        ]
        const failures: Array<string> = []
        for (let round = 0; round < rounds; round++) {
          if (round > 0) yield* skipHours(world)
          yield* Effect.forEach(
            steps,
            ({ random, step }) =>
              during(
                random,
                Effect.exit(step).pipe(
                  Effect.map((exit) => Exit.isFailure(exit) && failures.push(Cause.pretty(exit.cause)))
                )
              ),
            { concurrency: "unbounded", discard: true }
          )
        }
        yield* drain(world)
        const acknowledged = world.acknowledged.map(({ dueAt, monitorKey }) => ({
          monitorKey,
          dueAt: dueAt - world.skippedHours * hourMs
        }))
        const account = yield* Checker.account
        const report = JSON.stringify({ seed, account, deeds: Object.fromEntries(world.deeds) })
        yield* Effect.sync(() => console.log(`accounting: ${report}`))
        assert.deepStrictEqual(failures.slice(0, 3), [], report)
        assert.deepStrictEqual(world.fencing, [], report)
        assert.deepStrictEqual(
          (yield* differences).map(({ difference }) => difference),
          [],
          report
        )
        if (!(yield* isAnyDueTwice)) assert.deepStrictEqual(yield* Checker.violations, [], report)
        assert.strictEqual(yield* Checker.lost(acknowledged), 0, report)
        assert.isAbove(account?.results ?? 0, 100, report)
        assert.isAbove(account?.gaps ?? 0, 20, report)
      }).pipe(Effect.provide(Stages)),
    30_000
  )
})
