import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Scripted from "../testing/ScriptedControlPlane.ts"
import { hanging, inTurn, job, leasesOf, released, resultsOf, start, until, up } from "../testing/ScriptedWorker.ts"

describe("LeaseTable", () => {
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
})
