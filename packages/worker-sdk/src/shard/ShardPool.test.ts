import { assert, describe, it } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect, Exit, Scope } from "effect"
import type { Deed } from "../testing/ScriptedShard.ts"
import * as Scripted from "../testing/ScriptedControlPlane.ts"
import { executors, inTurn, job, options, released, up } from "../testing/ScriptedWorker.ts"
import * as MachineClock from "./MachineClock.ts"
import { make, type WorkerSettings } from "../Worker.ts"

const shards = {
  module: new URL("../testing/ScriptedShard.ts", import.meta.url),
  count: 2,
  execArgv: ["--conditions=@openseer/source"]
}

/** A worker with two shards in front of a scripted control plane; it drains when the scope closes. */
const start = (url: string, own: Partial<WorkerSettings> = {}) =>
  make(
    { ...options(url), drainMs: 5_000, shards, ...own },
    executors(() => Effect.succeed(up))
  )

/** A job whose members do this. */
const deeds = (own: Parameters<typeof job>[0], deed: Deed): WorkerRpc.Job => {
  const { members, ...rest } = job(own)
  return { ...rest, members: members!.map((member) => Object.assign({}, member, { spec: { ...deed } })) }
}

interface Done extends WorkerRpc.RunResult {
  readonly jobId: number
  readonly leaseId: number
}

const doneOf = (server: Scripted.ScriptedControlPlane): ReadonlyArray<Done> =>
  server
    .submissions()
    .flatMap(({ jobId, leaseId, results }) =>
      (results as ReadonlyArray<WorkerRpc.RunResult>).map((result) => Object.assign({ jobId, leaseId }, result))
    )

const pidOf = ({ observation }: WorkerRpc.RunResult): number => Number(observation?.detail?.["pid"])

const until = (what: string, condition: () => boolean) =>
  Effect.sleep(5).pipe(
    Effect.repeat({ while: () => !condition() }),
    Effect.timeoutOrElse({ duration: 60_000, orElse: () => Effect.die(new Error(`not within 60 s: ${what}`)) })
  )

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const sent = (jobId: number, dueInMs: number, version: number, mark?: number) => ({
  ...deeds({ jobId, dueInMs, size: 5, spreadMs: 10, intervalMs: 1_000 }, mark === undefined ? {} : { mark }),
  version
})

/** As a control plane: jobs that come round each interval, that are granted again when they are given back. */
const standing = (sizes: ReadonlyArray<{ readonly jobId: number; readonly deed: Deed }>, intervalMs: number) => {
  const beganAt = performance.now() + 3_000
  const all = sizes.map(({ deed, jobId }) => ({
    deed,
    jobId,
    dueAt: beganAt + (intervalMs * jobId) / sizes.length,
    lease: undefined as WorkerRpc.LeaseRef | undefined,
    done: new Set<number>(),
    version: 0
  }))
  const granted: Array<WorkerRpc.LeaseRef & { readonly jobId: number; readonly size: number }> = []
  const ended = new Map<number, "final" | "released">()
  const results: Array<string> = []
  const runsPerTick = 4
  return {
    all,
    granted,
    ended,
    results,
    grant: ({ known }: { readonly known?: ReadonlyArray<readonly [number, number]> }) => {
      const now = performance.now()
      const versions = new Map(known ?? [])
      return all
        .filter(({ dueAt, lease }) => lease === undefined && dueAt - now < 2_000)
        .slice(0, 20)
        .map((one) => {
          const made = deeds(
            {
              jobId: one.jobId,
              dueInMs: Math.round(one.dueAt - now),
              size: runsPerTick,
              spreadMs: 10,
              timeoutMs: 2_000,
              intervalMs,
              latenessMaxMs: 80_000_000
            },
            one.deed
          )
          one.lease = { jobId: one.jobId, oneOff: false, leaseId: made.leaseId }
          granted.push({ ...one.lease, size: runsPerTick - one.done.size })
          const { members: _, ...bare } = Object.assign(made, { done: [...one.done] })
          return versions.get(one.jobId) === 1 ? bare : made
        })
    },
    submit: (submission: WorkerRpc.Submission): ReadonlyArray<WorkerRpc.Verdict> => {
      const one = all.find(({ jobId }) => jobId === submission.jobId)!
      if (one.lease?.leaseId !== submission.leaseId) return submission.results.map(() => "fenced")
      const verdicts = (submission.results as ReadonlyArray<WorkerRpc.RunResult>).map(({ monitorKey }) => {
        if (one.done.has(monitorKey)) return "duplicate" as const
        one.done.add(monitorKey)
        results.push(`${one.jobId}:${one.dueAt}:${monitorKey}`)
        return "stored" as const
      })
      if (submission.final) {
        ended.set(submission.leaseId, "final")
        Object.assign(one, { lease: undefined, dueAt: one.dueAt + intervalMs, done: new Set() })
      }
      return verdicts
    },
    release: (lease: WorkerRpc.LeaseRef) => {
      const one = all.find(({ jobId }) => jobId === lease.jobId)!
      if (one.lease?.leaseId !== lease.leaseId) return
      ended.set(lease.leaseId, "released")
      one.lease = undefined
    }
  }
}

describe("ShardPool", () => {
  it.live(
    "executes whole jobs in one shard each, on time, and sends a job's members again only with a new version",
    () =>
      Effect.gen(function* () {
        const { members: _, ...known } = sent(1, 400, 1)
        const server = yield* Scripted.make({
          getJobs: inTurn([
            [sent(1, 400, 1, 1), sent(2, 400, 1, 1), sent(3, 400, 1, 1)],
            [{ ...known, tickAt: known.tickAt + 1_000 }],
            [sent(1, 400, 2, 2)]
          ])
        })
        yield* start(server.url)
        yield* until("five ticks", () => server.submissions().filter(({ final }) => final).length === 5)
        const health = () =>
          (server.callsOf("Heartbeat").at(-1)?.payload as { readonly health: WorkerRpc.WorkerHealth } | undefined)
            ?.health
        yield* until("a heartbeat that counts the runs of both shards", () => health()?.runsStarted === 25)
        const done = doneOf(server)
        const pids = (jobId: number) => [...new Set(done.filter((one) => one.jobId === jobId).map(pidOf))]
        const marks = done.filter(({ jobId }) => jobId === 1).map(({ observation }) => observation?.detail?.["mark"])
        assert.strictEqual(done.length, 25)
        for (const jobId of [1, 2, 3]) assert.strictEqual(pids(jobId).length, 1)
        assert.deepStrictEqual(pids(1), pids(3))
        assert.notDeepEqual(pids(1), pids(2))
        for (const pid of [...pids(1), ...pids(2)]) assert.notStrictEqual(pid, process.pid)
        assert.deepStrictEqual(marks.toSorted(), [...Array<number>(10).fill(1), ...Array<number>(5).fill(2)])
        // By the clock of the machine, read in two processes that started seconds apart: a wrong clock is wrong by that.
        const answeredAt = MachineClock.toMachine(server.callsOf("GetJobs")[0]!.at)
        const latenesses = done
          .filter(({ jobId }) => jobId === 2)
          .map(({ monitorKey, observation }) => {
            const startedAt = Number(observation?.detail?.["startedAt"])
            return startedAt - (answeredAt + 400 + 10 * (monitorKey - 1))
          })
        assert.strictEqual(latenesses.length, 5)
        assert.isAbove(Math.min(...latenesses), -25)
        assert.isBelow(Math.min(...latenesses), 500)
        for (const { latenessUs } of done) assert.isAtLeast(latenessUs, 0)
      }),
    120_000
  )

  it.live(
    "loses nothing and does nothing twice when a shard is killed in the middle of its runs, again and again",
    () =>
      Effect.gen(function* () {
        const jobs = Array.from({ length: 24 }, (_, i) => ({ jobId: i + 1, deed: { waitMs: 200 } }))
        const plane = standing(jobs, 1_000)
        const server = yield* Scripted.make({
          getJobs: (payload) =>
            Effect.suspend(() => {
              const granted = plane.grant(payload as Parameters<typeof plane.grant>[0])
              return granted.length > 0 ? Effect.succeed(granted) : Effect.as(Effect.sleep(20), [])
            }),
          submitResult: plane.submit,
          releaseJobs: (leases) => leases.forEach(plane.release)
        })
        const scope = yield* Scope.make()
        yield* start(server.url).pipe(Scope.provide(scope))
        const killed: Array<number> = []
        for (let round = 0; round < 2; round++) {
          const before = plane.results.length
          yield* until("runs in both shards", () => plane.results.length > before + 60)
          const living = () =>
            doneOf(server)
              .map(pidOf)
              .filter((pid) => !killed.includes(pid) && isAlive(pid))
          yield* until("a result of a living shard", () => living().length > 0)
          const victim = living().at(-1)!
          killed.push(victim)
          process.kill(victim, "SIGKILL")
          yield* until("a release", () => released(server).length > round)
        }
        const before = plane.results.length
        yield* until("both shards again", () => plane.results.length > before + 100)
        yield* Scope.close(scope, Exit.void)

        // Each lease came to an end: its tick was completed, or it was given back.
        for (const { leaseId } of plane.granted) assert.isTrue(plane.ended.has(leaseId))
        // Each run of each completed tick has one result, however often its shard died.
        assert.strictEqual(new Set(plane.results).size, plane.results.length)
        for (const one of plane.all) {
          const ticks = new Map<string, number>()
          for (const run of plane.results.filter((id) => id.startsWith(`${one.jobId}:`))) {
            const tick = run.split(":")[1]!
            ticks.set(tick, (ticks.get(tick) ?? 0) + 1)
          }
          for (const [tick, count] of ticks) if (Number(tick) < one.dueAt) assert.strictEqual(count, 4)
        }
        assert.strictEqual(killed.length, 2)
        // Released within a moment of each death, not at the end of the lease.
        assert.isAbove([...plane.ended.values()].filter((how) => how === "released").length, 0)
        for (const pid of new Set(doneOf(server).map(pidOf))) assert.isFalse(isAlive(pid))
      }),
    120_000
  )

  it.live(
    "kills a shard that hangs, gives its leases back, and the other shard is unharmed",
    () =>
      Effect.gen(function* () {
        const healthy = (n: number) =>
          deeds(
            { jobId: 2, dueInMs: 400, size: 10, spreadMs: 40, intervalMs: 1_000 + n, latenessMaxMs: 60_000_000 },
            {}
          )
        const server = yield* Scripted.make({
          getJobs: inTurn([
            [deeds({ jobId: 1, dueInMs: 300, size: 2, spreadMs: 1_000, timeoutMs: 2_000 }, { busyMs: 60_000 })],
            ...Array.from({ length: 10 }, (_, n) => [healthy(n)])
          ])
        })
        yield* start(server.url, { waitMs: 20_000 })
        yield* until("the hung job's release", () => released(server).length > 0)
        assert.deepStrictEqual(
          released(server).map(({ jobId }) => jobId),
          [1]
        )
        yield* until("the healthy job's results", () => doneOf(server).length >= 100)
        assert.isTrue(doneOf(server).every(({ jobId }) => jobId === 2))
        assert.isBelow(Math.min(...doneOf(server).map(({ latenessUs }) => latenessUs)), 50_000)
      }),
    120_000
  )

  it.live(
    "drains: what goes on in its shards is finished and handed in, the rest given back",
    () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make({
          getJobs: inTurn([
            [
              deeds({ jobId: 1, dueInMs: 0, size: 2, latenessMaxMs: 60_000 }, { waitMs: 700 }),
              deeds({ jobId: 2, dueInMs: 0, size: 2, spreadMs: 60_000, latenessMaxMs: 60_000 }, { waitMs: 700 }),
              deeds({ jobId: 3, dueInMs: 60_000 }, {}),
              deeds({ jobId: 4, dueInMs: 0 }, {}),
              deeds({ jobId: 5, dueInMs: 0 }, {})
            ]
          ])
        })
        const scope = yield* Scope.make()
        yield* start(server.url).pipe(Scope.provide(scope))
        yield* until("results of both shards", () => doneOf(server).length === 2)
        const closedAt = performance.now()
        yield* Scope.close(scope, Exit.void)
        assert.isBelow(performance.now() - closedAt, 15_000)
        const done = doneOf(server)
        assert.deepStrictEqual(done.map(({ jobId, monitorKey }) => `${jobId}:${monitorKey}`).toSorted(), [
          "1:1",
          "1:2",
          "2:1",
          "4:1",
          "5:1"
        ])
        assert.deepStrictEqual(
          released(server).map(({ jobId }) => jobId),
          [3, 2]
        )
        assert.isBelow(server.callsOf("ReleaseJobs")[0]!.at - closedAt, 5_000)
        for (const pid of new Set(done.map(pidOf))) assert.isFalse(isAlive(pid))
      }),
    120_000
  )
})
