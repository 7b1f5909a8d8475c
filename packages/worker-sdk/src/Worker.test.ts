import { assert, describe, it } from "@effect/vitest"
import { WorkerRpc } from "@openseer/core"
import { Effect, Exit, Scope } from "effect"
import { readFileSync } from "node:fs"
import * as Scripted from "./testing/ScriptedControlPlane.ts"
import { hanging, inTurn, job, released, resultsOf, start, until, up } from "./testing/ScriptedWorker.ts"
import { version } from "./Version.ts"

describe("Worker", () => {
  it("announces the version of its package", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
    assert.strictEqual((JSON.parse(text) as { version: string }).version, version)
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

  it.live("takes half of the smallest round trip for the time that an answer is on its way", () =>
    Effect.gen(function* () {
      const startedAt: Array<number> = []
      const server = yield* Scripted.make({ getJobs: inTurn([[], [job({ dueInMs: 400, size: 5, spreadMs: 20 })]]) })
      server.script.wayMs = 100
      yield* start(server.url, () => Effect.sync(() => (startedAt.push(performance.now()), up)))
      yield* until("all runs", () => startedAt.length === 5)
      const answeredAt = server.callsOf("GetJobs")[1]!.at
      const latenesses = startedAt.map((at, i) => at - (answeredAt + 400 + i * 20))
      // Without the correction each start would be 100 ms late.
      for (const lateness of latenesses) assert.isAbove(lateness, -15)
      assert.isBelow(latenesses.toSorted((a, b) => a - b)[2]!, 50)
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

  it.live("has started once it is enrolled, and never has when it can't be", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({})
      const { started } = yield* start(server.url, () => Effect.succeed(up))
      yield* started
      assert.lengthOf(server.callsOf("Enroll"), 1)
      const refusing = yield* Scripted.make({
        enroll: () => Effect.fail(new WorkerRpc.EnrollmentRefused({ message: "it has expired" }))
      })
      const refused = yield* Effect.flatMap(
        start(refusing.url, () => Effect.succeed(up)),
        (worker) => Effect.flip(worker.started)
      )
      assert.strictEqual(refused.reason, "enrollment_refused")
    })
  )

  it.live("stops with a sentence when its token is refused and enrolling again was not allowed", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({ knows: () => false })
      const stopped = yield* start(server.url, () => Effect.succeed(up)).pipe(
        Effect.flatMap(({ stopped: untilStopped }) => untilStopped),
        Effect.flip
      )
      assert.strictEqual(stopped.reason, "unauthorized")
      assert.include(stopped.message, "OPENSEER_WORKER_REENROLL=true")
    })
  )

  it.live("calls a run overloaded, and its target nothing, when its time was the event loop's", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make({ getJobs: inTurn([[job({ dueInMs: 0, size: 3 })]]) })
      const observation = { ...up.observation!, totalUs: 300_000 }
      yield* start(server.url, (monitorKey) =>
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
