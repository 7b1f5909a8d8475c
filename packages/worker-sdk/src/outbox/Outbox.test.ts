import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { ControlPlane } from "../ControlPlane.ts"
import type { Lease } from "../lease/Lease.ts"
import * as Scripted from "../testing/ScriptedControlPlane.ts"
import { WorkerToken } from "../WorkerToken.ts"
import { Outbox } from "./Outbox.ts"

const lease = (jobId: number): Lease => ({
  ref: { jobId, oneOff: false, leaseId: jobId * 100 },
  tickAt: 1_800_000_000_000,
  regionName: "test-1",
  intervalMs: 10_000,
  latenessMaxMs: 10_000,
  plannedEndAt: 0,
  deadlineAt: Number.POSITIVE_INFINITY,
  renewAt: Number.POSITIVE_INFINITY,
  pending: 0,
  dropped: false
})

const result = (monitorKey: number) => ({ monitorKey, outcome: "up", latenessUs: 0, errorBoundUs: 0 })

/** A running outbox in front of a scripted control plane. */
const make = Effect.fnUntraced(function* (script: Partial<Scripted.Script> = {}) {
  const server = yield* Scripted.make(script)
  const finals: Array<number> = []
  const outbox = yield* Effect.gen(function* () {
    const enrollment = { enrollmentToken: Redacted.make("osen_test"), name: "test", version: "0.1.0" }
    const made = yield* Outbox.make({ onFinal: ({ ref }) => finals.push(ref.jobId) }).pipe(
      Effect.provideService(WorkerToken, yield* WorkerToken.make(enrollment))
    )
    yield* Effect.forkScoped(made.run)
    return made
  }).pipe(Effect.provide(yield* Layer.build(Layer.merge(ControlPlane.layer(server.url), NodeServices.layer))))
  return { server, finals, outbox }
})

const keysOf = (results: ReadonlyArray<unknown>) =>
  (results as ReadonlyArray<{ monitorKey: number }>).map(({ monitorKey }) => monitorKey)

const range = (length: number) => Array.from({ length }, (_, i) => i + 1)

const until = (what: string, condition: () => boolean) =>
  Effect.sleep(5).pipe(
    Effect.repeat({ while: () => !condition() }),
    Effect.timeoutOrElse({ duration: 8_000, orElse: () => Effect.die(new Error(`not within 8 s: ${what}`)) })
  )

describe("Outbox", () => {
  it.live("sends what completes a tick at once and lets other results wait 250 ms for company", () =>
    Effect.gen(function* () {
      const { finals, outbox, server } = yield* make()
      const partialAt = performance.now()
      outbox.add(lease(1), result(1))
      yield* until("the first submission", () => server.submissions().length === 1)
      assert.isAbove(server.callsOf("SubmitResult")[0]!.at - partialAt, 200)
      yield* until("its verdict", () => outbox.isEmpty())

      const finalAt = performance.now()
      outbox.add(lease(1), result(2))
      outbox.complete(lease(1))
      yield* until("the verdict of the final one", () => finals.length === 1)
      assert.isBelow(server.callsOf("SubmitResult")[1]!.at - finalAt, 200)
      assert.deepStrictEqual(
        server.submissions().map(({ final, results }) => [final, keysOf(results)]),
        [
          [false, [1]],
          [true, [2]]
        ]
      )
      assert.strictEqual(outbox.depth(), 0)
    })
  )

  it.live("sends again what got no verdict, whether it was refused or the answer was lost", () =>
    Effect.gen(function* () {
      const fates: Array<"lose" | { status: number }> = [{ status: 503 }, "lose", { status: 500 }, "lose"]
      const seen = new Set<number>()
      const stored: Array<number> = []
      const { finals, outbox, server } = yield* make({
        fate: (tag) => (tag === "SubmitResult" ? (fates.shift() ?? "answer") : "answer"),
        submitResult: ({ results }) =>
          keysOf(results).map((key) => {
            if (seen.has(key)) return "duplicate"
            seen.add(key)
            stored.push(key)
            return "stored"
          })
      })
      for (const key of range(100)) outbox.add(lease(1), result(key))
      outbox.complete(lease(1))
      yield* until("all verdicts", () => outbox.isEmpty())
      assert.deepStrictEqual(stored, range(100))
      assert.deepStrictEqual(finals, [1])
      assert.strictEqual(outbox.depth(), 0)
      assert.isAtLeast(server.submissions().length, 3)
    })
  )

  it.live("never lets a final submission overtake results of its lease, whatever fails on the way", () =>
    Effect.gen(function* () {
      const received = new Map<number, Array<number>>()
      const problems: Array<string> = []
      let calls = 0
      const { finals, outbox } = yield* make({
        // Every third call fails, every fifth is done and its answer lost.
        fate: (tag) =>
          tag !== "SubmitResult" ? "answer" : ++calls % 3 === 0 ? { status: 503 } : calls % 5 === 0 ? "lose" : "answer",
        submitResult: ({ final, jobId, results }) => {
          const keys = received.get(jobId) ?? []
          received.set(jobId, keys)
          for (const key of keysOf(results)) if (!keys.includes(key)) keys.push(key)
          if (final && keys.length !== 100) problems.push(`final of ${jobId} after ${keys.length}`)
          return results.map(() => "stored" as const)
        }
      })
      for (const round of range(10)) {
        for (const jobId of range(20)) {
          for (const i of range(10)) outbox.add(lease(jobId), result((round - 1) * 10 + i))
          if (round === 10) outbox.complete(lease(jobId))
        }
        yield* Effect.sleep(5)
      }
      yield* until("all verdicts", () => outbox.isEmpty())
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(
        finals.toSorted((a, b) => a - b),
        range(20)
      )
      assert.strictEqual([...received.values()].flat().length, 2_000)
    })
  )

  it.live("sends at most 500 results in a call, of many jobs together", () =>
    Effect.gen(function* () {
      const { outbox, server } = yield* make()
      for (const jobId of range(15)) {
        for (const key of range(100)) outbox.add(lease(jobId), result(key))
        outbox.complete(lease(jobId))
      }
      yield* until("all verdicts", () => outbox.isEmpty())
      const sizes = server.callsOf("SubmitResult").map(({ payload }) => {
        const { submissions } = payload as { submissions: ReadonlyArray<{ results: ReadonlyArray<unknown> }> }
        return submissions.reduce((sum, { results }) => sum + results.length, 0)
      })
      assert.strictEqual(
        sizes.reduce((sum, size) => sum + size, 0),
        1_500
      )
      assert.strictEqual(Math.max(...sizes), 500)
      assert.isBelow(sizes.length, 6)
    })
  )

  it.live("hands in 500 failures with large evidence, each cut to size, in calls that the control plane takes", () =>
    Effect.gen(function* () {
      const { outbox, server } = yield* make()
      const evidence = {
        totalUs: 1,
        headers: Object.fromEntries(range(16).map((i) => [`x-${i}`, "h".repeat(256)])),
        detail: { note: "d".repeat(1_000) },
        // Escaped as JSON, each unit takes six bytes.
        excerpt: "\u0001".repeat(2_048)
      }
      const down = (monitorKey: number) => ({ ...result(monitorKey), outcome: "down", observation: evidence })
      const huge = { ...evidence, detail: { note: "\u0001".repeat(10_000) }, hops: ["h".repeat(40_000)] }
      for (const key of range(499)) outbox.add(lease(1), down(key))
      outbox.add(lease(1), { ...down(500), observation: huge })
      outbox.complete(lease(1))
      yield* until("all verdicts", () => outbox.isEmpty())
      const calls = server.callsOf("SubmitResult").map(({ payload }) => Buffer.byteLength(JSON.stringify(payload)))
      assert.isBelow(Math.max(...calls), 750_000)
      assert.isAbove(calls.length, 10)
      const stored = server.submissions().flatMap(({ results }) => results) as ReadonlyArray<typeof huge>
      assert.deepStrictEqual(keysOf(stored), range(500))
      assert.isTrue(stored.every((one) => Buffer.byteLength(JSON.stringify(one)) <= 32_768))
      const last = (stored.at(-1) as unknown as { observation: object }).observation
      assert.deepStrictEqual(last, { totalUs: 1 })
    })
  )

  it.live("drops results on any verdict, and keeps them when an answer leaves verdicts out", () =>
    Effect.gen(function* () {
      let answers = 0
      const { outbox, server } = yield* make({
        submitResult: () => (++answers === 1 ? ["stored"] : ["stored", "duplicate", "fenced", "refused"])
      })
      for (const key of range(4)) outbox.add(lease(1), result(key))
      outbox.complete(lease(1))
      yield* until("all verdicts", () => outbox.isEmpty())
      assert.strictEqual(answers, 2)
      assert.deepStrictEqual(
        server.submissions().map(({ results }) => results.length),
        [4, 4]
      )
    })
  )

  it.live("hands the others in when the control plane can't take a result of one tick", () =>
    Effect.gen(function* () {
      const { finals, outbox } = yield* make({
        submitResult: ({ jobId, results }) => (jobId === 1 ? [] : results.map(() => "stored" as const))
      })
      for (const jobId of range(60)) {
        for (const key of range(10)) outbox.add(lease(jobId), result(key))
        outbox.complete(lease(jobId))
      }
      yield* until("all verdicts but one tick's", () => finals.length === 59)
      assert.strictEqual(outbox.depth(), 10)
      assert.notInclude(finals, 1)
    })
  )

  it.live("completes fewer ticks a call after calls that failed, without results as well", () =>
    Effect.gen(function* () {
      let failures = 3
      const { finals, outbox, server } = yield* make({
        fate: (tag) => (tag === "SubmitResult" && failures-- > 0 ? { status: 503 } : "answer")
      })
      for (const jobId of range(300)) outbox.complete(lease(jobId))
      yield* until("all verdicts", () => finals.length === 300)
      const { submissions } = server.callsOf("SubmitResult")[0]!.payload as { submissions: ReadonlyArray<unknown> }
      assert.strictEqual(submissions.length, 63)
    })
  )

  it.live("completes a tick without a single result", () =>
    Effect.gen(function* () {
      const { finals, outbox, server } = yield* make()
      outbox.complete(lease(1))
      yield* until("the verdict", () => finals.length === 1)
      assert.deepStrictEqual(
        server.submissions().map(({ final, results }) => [final, results.length]),
        [[true, 0]]
      )
    })
  )
})
