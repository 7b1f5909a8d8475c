import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as Backoff from "./Backoff.ts"
import { ControlPlaneUnavailable } from "./ControlPlane.ts"

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe("Backoff", () => {
  it("spreads the wait over all of a bound that doubles from 100 ms to 30 s", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), random, (failures, share) => {
        const bound = Math.min(30_000, 100 * 2 ** (failures - 1))
        assert.closeTo(Backoff.delayMs(failures, undefined, share), share * bound, 0.001)
      })
    )
  })

  it("waits at least as long as it was asked to, but never silent for more than a minute and a half", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(10_000_000), random, (failures, retryAfterMs, share) => {
        const waitMs = Backoff.delayMs(failures + 1, retryAfterMs, share)
        assert.isAtLeast(waitMs, Math.min(retryAfterMs, 60_000))
        assert.isAtMost(waitMs, 90_000)
      })
    )
  })

  it.effect("outlives a control plane that is away for an hour, asking a few times a minute", () =>
    Effect.gen(function* () {
      let calls = 0
      let isAway = true
      const call = Effect.suspend(() => {
        calls++
        return isAway
          ? Effect.fail(new ControlPlaneUnavailable({ message: "away", isAway: true }))
          : Effect.succeed("jobs")
      })
      const fiber = yield* Effect.forkChild(Backoff.untilAvailable(Effect.never, "asking", call))
      yield* TestClock.adjust("1 hour")
      // On average one call in 15 s.
      assert.isAbove(calls, 120)
      assert.isBelow(calls, 600)
      isAway = false
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "jobs")
    })
  )

  it.effect("is cut short by the first call that gets through, unless the control plane said when to come again", () =>
    Effect.gen(function* () {
      const reached = yield* Latch.make()
      const away = new ControlPlaneUnavailable({ message: "away", isAway: true })
      const busy = new ControlPlaneUnavailable({ message: "busy", isAway: false, retryAfterMs: 1_000 })
      const first = yield* Effect.forkChild(Backoff.pause(reached.await, "asking", 20, away))
      const second = yield* Effect.forkChild(Backoff.pause(reached.await, "asking", 20, busy))
      yield* TestClock.adjust(1)
      yield* reached.release
      yield* Fiber.join(first)
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust("31 seconds")
      yield* Fiber.join(second)
    })
  )
})
