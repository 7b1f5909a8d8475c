import { assert, describe, it } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect, Exit, Layer, Redacted, Scope } from "effect"
import { readFileSync } from "node:fs"
import type { ExecutedRun, Executors } from "./lease/JobCache.ts"
import * as Scripted from "./testing/ScriptedControlPlane.ts"
import { Worker, type WorkerOptions, workerVersion } from "./Worker.ts"

const up: ExecutedRun = {
  outcome: "up",
  errorBoundUs: 0,
  observation: { totalUs: 0, phases: { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 } }
}

const executors = (execute: (member: WorkerRpc.JobMember) => Effect.Effect<ExecutedRun>): Executors => ({
  checkTypes: [{ kind: "test", version: 1 }],
  prepare: (_, member) => execute(member)
})

let leaseIds = 0

/** A job due in `dueInMs` with `size` members, one every `spreadMs`. */
const job = (options: {
  readonly jobId?: number
  readonly dueInMs: number
  readonly size?: number
  readonly spreadMs?: number
  readonly timeoutMs?: number
  readonly leaseMs?: number
  readonly latenessMaxMs?: number
  readonly intervalMs?: number
}): WorkerRpc.Job => ({
  jobId: options.jobId ?? 1,
  oneOff: false,
  leaseId: ++leaseIds,
  version: 1,
  checkType: { kind: "test", version: 1 },
  regionName: "test-1",
  tickAt: 1_800_000_000_000,
  dueInMs: options.dueInMs,
  intervalMs: options.intervalMs ?? 10_000,
  leaseMs: options.leaseMs ?? 30_000,
  latenessMaxMs: options.latenessMaxMs ?? 10_000,
  members: Array.from({ length: options.size ?? 1 }, (_, i) => ({
    monitorKey: i + 1,
    monitorId: `monitor-${i + 1}`,
    offsetMs: i * (options.spreadMs ?? 0),
    timeoutMs: options.timeoutMs ?? 1_000,
    spec: { n: i },
    assertions: []
  }))
})

/** Answers each `GetJobs` with the next of these lists, then with nothing. */
const inTurn = (answers: ReadonlyArray<ReadonlyArray<WorkerRpc.Job>>): Scripted.Script["getJobs"] => {
  const rest = [...answers]
  return ({ waitMs }) =>
    Effect.suspend(() => {
      const next = rest.shift()
      return next === undefined ? Effect.as(Effect.sleep(waitMs), []) : Effect.succeed(next)
    })
}

const until = (what: string, condition: () => boolean) =>
  Effect.sleep(5).pipe(
    Effect.repeat({ while: () => !condition() }),
    Effect.timeoutOrElse({ duration: 8_000, orElse: () => Effect.die(new Error(`not within 8 s: ${what}`)) })
  )

const options = (url: string, own: Executors) => ({
  controlPlaneUrl: url,
  enrollmentToken: Redacted.make("osen_test"),
  executors: own,
  name: "test",
  drainMs: 1_000,
  waitMs: 500
})

const resultsOf = (submissions: ReadonlyArray<WorkerRpc.Submission>) =>
  submissions.flatMap(({ results }) => results as ReadonlyArray<WorkerRpc.RunResult>)

const start = (url: string, execute: Parameters<typeof executors>[0], own: Partial<WorkerOptions> = {}) =>
  Layer.build(Worker.layer({ ...options(url, executors(execute)), ...own }))

const hanging = (onStop: () => void) => Effect.onInterrupt(Effect.never, () => Effect.sync(onStop))

const leasesOf = (payload: unknown) => (payload as { readonly leases: ReadonlyArray<WorkerRpc.LeaseRef> }).leases

const released = (server: Scripted.ScriptedControlPlane) =>
  server.callsOf("ReleaseJobs").flatMap(({ payload }) => leasesOf(payload))

describe("Worker", () => {
  it("announces the version of its package", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
    assert.strictEqual((JSON.parse(text) as { version: string }).version, workerVersion)
  })

  it.live("executes a job's runs on the grid, never early, and completes the tick with all results", () =>
    Effect.gen(function* () {
      const startedAt: Array<number> = []
      const server = yield* Scripted.make({ getJobs: inTurn([[job({ dueInMs: 300, size: 20, spreadMs: 10 })]]) })
      yield* start(server.url, () => Effect.sync(() => (startedAt.push(performance.now()), up)))
      yield* until("a final submission", () => server.submissions().some(({ final }) => final))

      const answeredAt = server.callsOf("GetJobs")[0]!.at
      const latenesses = startedAt.map((at, i) => at - (answeredAt + 300 + i * 10))
      assert.strictEqual(startedAt.length, 20)
      // The smallest round trip's half (below 10 ms here) is the estimate's error.
      for (const lateness of latenesses) assert.isAbove(lateness, -10)
      assert.isBelow(latenesses.toSorted((a, b) => a - b)[10]!, 25)
      const results = resultsOf(server.submissions())
      assert.deepStrictEqual(
        results.map(({ monitorKey }) => monitorKey),
        startedAt.map((_, i) => i + 1)
      )
      for (const { latenessUs } of results) assert.isAtLeast(latenessUs, 0)
      assert.strictEqual(server.submissions().filter(({ final }) => final).length, 1)
      assert.strictEqual(server.submissions().at(-1)!.final, true)
    })
  )

  it.live("asks for jobs one call at a time and for no more runs than there is room for", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({
        getJobs: inTurn([
          [job({ jobId: 1, dueInMs: 400, size: 10, intervalMs: 5_000 })],
          [job({ jobId: 2, dueInMs: 400, size: 6, intervalMs: 5_000 })]
        ])
      })
      yield* start(server.url, () => Effect.as(Effect.sleep(100), up), { concurrency: 2, outboxResultsMax: 16 })
      yield* until("both ticks completed", () => server.submissions().filter(({ final }) => final).length === 2)
      yield* until("the next call", () => server.callsOf("GetJobs").length > 2)

      const asked = server.callsOf("GetJobs").map(({ payload }) => payload as { capacity: number; known: unknown })
      assert.deepStrictEqual(
        asked.slice(0, 2).map(({ capacity }) => capacity),
        [16, 6]
      )
      for (const { capacity } of asked) assert.isAtMost(capacity, 16)
      assert.strictEqual(server.openGetJobsMax(), 1)
      // Both jobs are known and may be granted again soon: their members need not travel again.
      assert.deepStrictEqual(asked.at(-1)!.known, [
        [1, 1],
        [2, 1]
      ])
    })
  )

  it.live("executes a job that comes without its members, because they are known", () =>
    Effect.gen(function* () {
      const { members: _, ...again } = job({ dueInMs: 0 })
      const server = yield* Scripted.make({ getJobs: inTurn([[job({ dueInMs: 0 })], [again]]) })
      yield* start(server.url, () => Effect.succeed(up))
      yield* until("two final submissions", () => server.submissions().filter(({ final }) => final).length === 2)
      assert.strictEqual(resultsOf(server.submissions()).length, 2)
    })
  )

  it.live("gives a job back that comes without members it does not know, and leaves out members that are done", () =>
    Effect.gen(function* () {
      const { members: _, ...unknown } = job({ jobId: 7, dueInMs: 0 })
      const halfDone = { ...job({ dueInMs: 0, size: 3 }), done: [1, 3] }
      const server = yield* Scripted.make({ getJobs: inTurn([[unknown, halfDone]]) })
      yield* start(server.url, () => Effect.succeed(up))
      yield* until("a final submission", () => server.submissions().some(({ final }) => final))
      assert.deepStrictEqual(
        resultsOf(server.submissions()).map(({ monitorKey }) => monitorKey),
        [2]
      )
      assert.deepStrictEqual(released(server), [{ jobId: 7, oneOff: false, leaseId: unknown.leaseId }])
    })
  )

  it.live("does not start runs that are too late or that their lease would not outlast", () =>
    Effect.gen(function* () {
      let executed = 0
      const late = job({ jobId: 1, dueInMs: -500, latenessMaxMs: 400 })
      const short = job({ jobId: 2, dueInMs: 0, leaseMs: 6_000, timeoutMs: 4_500 })
      const server = yield* Scripted.make({ getJobs: inTurn([[late, short]]) })
      yield* start(server.url, () => Effect.sync(() => (executed++, up)))
      yield* until("both ticks completed", () => server.submissions().filter(({ final }) => final).length === 2)
      assert.strictEqual(executed, 0)
      assert.strictEqual(resultsOf(server.submissions()).length, 0)
    })
  )

  it.live("stops the runs of a lease that the control plane does not renew", () =>
    Effect.gen(function* () {
      let interruptedAt = 0
      const server = yield* Scripted.make({
        getJobs: inTurn([[job({ dueInMs: 0, leaseMs: 4_000, timeoutMs: 1_500 })]]),
        renewLease: () => []
      })
      yield* start(server.url, () => hanging(() => (interruptedAt = performance.now())))
      yield* until("the run stopped", () => interruptedAt > 0)
      const heldMs = interruptedAt - server.callsOf("GetJobs")[0]!.at
      // Asked half-way through the 2 s that the lease is trusted.
      assert.isAbove(heldMs, 950)
      assert.isBelow(heldMs, 1_900)
      assert.strictEqual(server.submissions().length, 0)
    })
  )

  it.live("stops the runs of a lease before its end when renewals do not get through, and keeps those renewed", () =>
    Effect.gen(function* () {
      const stops = new Map<string, number>()
      let isAway = false
      const server = yield* Scripted.make({
        getJobs: inTurn([
          [job({ jobId: 1, dueInMs: 0, leaseMs: 3_000, timeoutMs: 900 })],
          [job({ jobId: 2, dueInMs: 0, leaseMs: 60_000, timeoutMs: 900 })]
        ]),
        renewLease: (leases) => leases.map((lease) => ({ ...lease, leaseMs: 3_500 })),
        fate: (tag) => (tag === "RenewLease" && isAway ? { status: 503 } : "answer")
      })
      yield* start(server.url, () => hanging(() => stops.set("stopped", performance.now())))
      yield* until("a renewal", () => server.callsOf("RenewLease").length > 0)
      isAway = true
      const renewedAt = server.callsOf("RenewLease")[0]!.at
      yield* until("the run stopped", () => stops.size > 0)
      const keptMs = stops.get("stopped")! - renewedAt
      // 3.5 s less the margin of 2 s, counted from the sending of the renewal, and seen within 250 ms.
      assert.isAbove(keptMs, 1_400)
      assert.isBelow(keptMs, 3_000)
      const renewed = server.callsOf("RenewLease").flatMap(({ payload }) => leasesOf(payload))
      assert.isTrue(renewed.every(({ jobId }) => jobId === 1))
    })
  )

  it.live("drains: finishes what is going on, hands results in, releases the rest and asks for nothing more", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({
        getJobs: inTurn([
          [
            job({ jobId: 1, dueInMs: 0, size: 2 }),
            job({ jobId: 2, dueInMs: 0, size: 2, spreadMs: 60_000 }),
            job({ jobId: 3, dueInMs: 60_000 })
          ]
        ])
      })
      const scope = yield* Scope.make()
      let going = 0
      yield* start(server.url, () =>
        Effect.andThen(
          Effect.sync(() => going++),
          Effect.as(Effect.sleep(400), up)
        )
      ).pipe(Scope.provide(scope))
      yield* until("runs going on", () => going === 3)
      const closedAt = performance.now()
      yield* Scope.close(scope, Exit.void)
      const tookMs = performance.now() - closedAt

      assert.isAbove(tookMs, 250)
      assert.isBelow(tookMs, 2_000)
      const results = server.submissions().map(({ final, jobId, results: all }) => ({ final, jobId, n: all.length }))
      assert.strictEqual(
        results.filter(({ jobId }) => jobId === 1).reduce((sum, { n }) => sum + n, 0),
        2
      )
      assert.isTrue(results.some(({ final, jobId }) => jobId === 1 && final))
      assert.deepStrictEqual(
        results.filter(({ jobId }) => jobId === 2),
        [{ final: false, jobId: 2, n: 1 }]
      )
      // The job that was not begun is given back at once, the half-done one after its result.
      assert.deepStrictEqual(
        released(server).map(({ jobId }) => jobId),
        [3, 2]
      )
      assert.isBelow(server.callsOf("ReleaseJobs")[0]!.at - closedAt, 200)
      const calls = server.calls.map(({ at, tag }) => ({ at, tag }))
      assert.isTrue(calls.every(({ at, tag }) => tag !== "GetJobs" || at < closedAt))
    })
  )

  it.live("bounds a drain: a run that does not end is stopped and its job released", () =>
    Effect.gen(function* () {
      let isStopped = false
      const server = yield* Scripted.make({
        getJobs: inTurn([[job({ dueInMs: 0, timeoutMs: 20_000, leaseMs: 60_000 })]])
      })
      const scope = yield* Scope.make()
      yield* start(server.url, () => hanging(() => (isStopped = true)), { drainMs: 200 }).pipe(Scope.provide(scope))
      yield* until("a run", () => server.callsOf("GetJobs").length > 1)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(isStopped)
      assert.strictEqual(released(server).length, 1)
      assert.strictEqual(server.submissions().length, 0)
    })
  )

  it.live("ends while it still waits for a control plane to enroll at", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({ fate: () => ({ status: 503 }) })
      const scope = yield* Scope.make()
      yield* start(server.url, () => Effect.succeed(up)).pipe(Scope.provide(scope))
      const closedAt = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - closedAt, 1_000)
    })
  )

  it.live("waits as long as a busy control plane asks it to", () =>
    Effect.gen(function* () {
      const refusedAt: Array<number> = []
      const server = yield* Scripted.make({
        fate: (tag) => {
          if (tag !== "GetJobs" || refusedAt.length === 1) return "answer"
          refusedAt.push(performance.now())
          return { status: 503, retryAfter: "1" }
        }
      })
      yield* start(server.url, () => Effect.succeed(up))
      yield* until("the next call", () => server.callsOf("GetJobs").length > 0)
      assert.isAbove(server.callsOf("GetJobs")[0]!.at - refusedAt[0]!, 990)
    })
  )

  it.live("stops with a sentence when its token is refused and enrolling again was not allowed", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({ knows: () => false })
      const stopped = yield* Worker.run(
        options(
          server.url,
          executors(() => Effect.succeed(up))
        )
      ).pipe(Effect.flip)
      assert.strictEqual(stopped.reason, "unauthorized")
      assert.include(stopped.message, "OPENSEER_WORKER_REENROLL=true")
    })
  )

  it.live("calls a run overloaded, and its target nothing, when its time was the event loop's", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({ getJobs: inTurn([[job({ dueInMs: 0, size: 3 })]]) })
      const observation = { ...up.observation!, totalUs: 300_000 }
      yield* start(server.url, ({ monitorKey }) =>
        monitorKey === 3
          ? Effect.die(new Error("secret-header-value"))
          : Effect.succeed({ ...up, observation, errorBoundUs: monitorKey === 1 ? 140_000 : 160_000 })
      )
      yield* until("a final submission", () => server.submissions().some(({ final }) => final))
      const results = resultsOf(server.submissions()).toSorted((a, b) => a.monitorKey - b.monitorKey)
      assert.deepStrictEqual(
        results.map(({ outcome, reason }) => [outcome, reason]),
        [
          ["up", undefined],
          ["error", "worker_overloaded"],
          ["error", "executor_defect"]
        ]
      )
      assert.isUndefined(results[1]!.observation)
      assert.notInclude(JSON.stringify(results), "secret-header-value")
    })
  )
})
