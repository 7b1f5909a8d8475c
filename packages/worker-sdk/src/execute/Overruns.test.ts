import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Overruns from "./Overruns.ts"

const late = (name: string, limitMs: number) =>
  Effect.flip(Overruns.within(Effect.never, limitMs, () => name)).pipe(Effect.forkChild({ startImmediately: true }))

describe("Overruns", () => {
  it.effect("are stopped each at its own time, in whatever order they began", () =>
    Effect.gen(function* () {
      const fibers = [yield* late("b", 200), yield* late("c", 300), yield* late("a", 100)]
      const ended = () => fibers.map((fiber) => fiber.pollUnsafe() !== undefined)
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(ended(), [false, false, false])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(ended(), [false, false, true])
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(ended(), [true, false, true])
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* Fiber.joinAll(fibers), ["b", "c", "a"])
    })
  )

  it.effect("are told of without waiting for what can't be stopped", () =>
    Effect.gen(function* () {
      const stubborn = Overruns.within(Effect.uninterruptible(Effect.never), 100, () => "late")
      const fiber = yield* Effect.forkChild(Effect.flip(stubborn), { startImmediately: true })
      yield* TestClock.adjust(100)
      assert.strictEqual(yield* Fiber.join(fiber), "late")
    })
  )

  it.effect("are none when the effect has ended, or was interrupted and has cleaned up", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Overruns.within(Effect.succeed(1), 100, () => "late"), 1)
      let isClean = false
      const cleaning = Effect.onInterrupt(Effect.never, () => Effect.sync(() => (isClean = true)))
      const fiber = yield* Effect.forkChild(
        Overruns.within(cleaning, 100, () => "late"),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(fiber)
      assert.isTrue(isClean)
      yield* TestClock.adjust(200)
    })
  )
})
