import { assert, describe, it } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect, Layer, Redacted } from "effect"
import { readFileSync } from "node:fs"
import type { ExecutedRun, Executors } from "./lease/JobCache.ts"
import * as Scripted from "./testing/ScriptedControlPlane.ts"
import { Worker, workerVersion } from "./Worker.ts"

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
  waitMs: 500
})

const resultsOf = (submissions: ReadonlyArray<WorkerRpc.Submission>) =>
  submissions.flatMap(({ results }) => results as ReadonlyArray<WorkerRpc.RunResult>)

describe("Worker", () => {
  it("announces the version of its package", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
    assert.strictEqual((JSON.parse(text) as { version: string }).version, workerVersion)
  })

  it.live("executes a job's runs on the grid, never early, and completes the tick with all results", () =>
    Effect.gen(function* () {
      const startedAt: Array<number> = []
      const server = yield* Scripted.make({ getJobs: inTurn([[job({ dueInMs: 300, size: 20, spreadMs: 10 })]]) })
      yield* Worker.layer(
        options(
          server.url,
          executors(() => Effect.sync(() => (startedAt.push(performance.now()), up)))
        )
      ).pipe(Layer.build)
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
})
