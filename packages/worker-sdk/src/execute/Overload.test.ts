import { assert, describe, it } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect } from "effect"
import { fork } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as Egress from "../egress/Egress.ts"
import * as Scripted from "../testing/ScriptedControlPlane.ts"
import { inTurn, job, options, resultsOf, until, up } from "../testing/ScriptedWorker.ts"
import { make } from "../Worker.ts"
import * as Executors from "./Executors.ts"
import * as HttpExecutor from "./HttpExecutor.ts"
import * as Overload from "./Overload.ts"

/** In a process of its own, so that our event loop does not hold up the target's: answers /N after N ms, / never. */
const target = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = mkdtempSync(`${tmpdir()}/openseer-target-`)
    writeFileSync(
      `${folder}/target.mjs`,
      `import { createServer } from "node:http"
       const server = createServer(({ url }, response) => {
         if (url !== "/") setTimeout(() => response.end("ok"), Number(url.slice(1)))
       })
       server.listen(0, "127.0.0.1", () => process.send(server.address().port))
       process.on("disconnect", () => process.exit())`
    )
    const child = fork(`${folder}/target.mjs`, [], { execArgv: [] })
    const port = await new Promise((resolve) => child.once("message", resolve))
    return { child, folder, url: `http://127.0.0.1:${String(port)}` }
  }),
  ({ child, folder }) =>
    Effect.sync(() => {
      child.kill("SIGKILL")
      rmSync(folder, { recursive: true })
    })
)

/** The result of one check of a URL, while this event loop is blocked from one time after its start to another. */
const checked = Effect.fnUntraced(function* (url: string, timeoutMs: number, blocked?: readonly [number, number]) {
  const made = job({ dueInMs: 0, timeoutMs, latenessMaxMs: 60_000 })
  const [member] = made.members!
  const server = yield* Scripted.make({
    getJobs: inTurn([
      [
        {
          ...made,
          checkType: { kind: "http", version: 1 },
          members: [{ ...member!, spec: { url } }]
        }
      ]
    ])
  })
  const executors = yield* Executors.make([HttpExecutor.httpExecutor]).pipe(
    Effect.provide(Egress.layer({ allow: ["127.0.0.0/8"] }))
  )
  yield* make(options(server.url), {
    ...executors,
    prepare: (checkType, ofJob) =>
      Effect.andThen(
        Effect.sync(() => {
          if (blocked === undefined) return
          const [fromMs, toMs] = blocked
          const startedAt = performance.now()
          setTimeout(() => {
            while (performance.now() < startedAt + toMs);
          }, fromMs)
        }),
        executors.prepare(checkType, ofJob)
      )
  })
  yield* until("a result", () => resultsOf(server.submissions()).length > 0)
  return resultsOf(server.submissions())[0]!
})

const down = (reason: "response_timeout" | "connection_refused", errorBoundUs: number) => ({
  outcome: "down" as const,
  reason,
  errorBoundUs
})

const slow = (source: "responseTimeMs" | "header") => ({
  outcome: "degraded" as const,
  reason: "assertion" as const,
  errorBoundUs: 51_000,
  failedAssertions: [
    {
      index: 0,
      source,
      comparison: "lessThan" as const,
      severity: "degraded" as const,
      expected: "9",
      actual: "12"
    }
  ]
})

const told = ({ outcome, reason }: WorkerRpc.RunResult) => `${outcome} ${reason ?? ""}`.trim()

describe("Overload", () => {
  it.live("is what a run says whose answer was there, but was not looked at before the deadline", () =>
    Effect.gen(function* () {
      const { url } = yield* target
      // It answers after 300 ms of 600, while the loop stands still until long after the deadline.
      assert.strictEqual(told(yield* checked(`${url}/300`, 600, [150, 1_200])), "error worker_overloaded")
    })
  )

  it.live("is what a run says whose deadline passed while the loop stood still, though nothing came", () =>
    Effect.gen(function* () {
      const { url } = yield* target
      assert.strictEqual(told(yield* checked(url, 600, [300, 900])), "error worker_overloaded")
    })
  )

  it.live("is what a slow answer says that was slow by our own delay", () =>
    Effect.gen(function* () {
      const { url } = yield* target
      assert.strictEqual(told(yield* checked(`${url}/100`, 5_000, [50, 700])), "error worker_overloaded")
    })
  )

  it.live("is not what a run says whose target is silent or slow", () =>
    Effect.gen(function* () {
      const { url } = yield* target
      const silent = yield* checked(url, 2_000)
      assert.strictEqual(silent.outcome, "down")
      assert.include(silent.reason, "timeout")
      assert.strictEqual(told(yield* checked(`${url}/400`, 5_000)), "up")
    })
  )

  it("asks for more honesty where time itself is the verdict", () => {
    assert.isUndefined(Overload.problem(down("response_timeout", 49_000), 1_000_000))
    assert.isDefined(Overload.problem(down("response_timeout", 51_000), 1_000_000))
    assert.isUndefined(Overload.problem(down("connection_refused", 99_000), 20_000))
    assert.isDefined(Overload.problem(down("connection_refused", 101_000), 20_000))
    assert.isDefined(Overload.problem(slow("responseTimeMs"), 1_000_000))
    assert.isUndefined(Overload.problem(slow("header"), 1_000_000))
    assert.isUndefined(Overload.problem({ ...up, errorBoundUs: 499_000 }, 1_000_000))
    assert.isDefined(Overload.problem({ ...up, errorBoundUs: 501_000 }, 1_000_000))
  })
})
