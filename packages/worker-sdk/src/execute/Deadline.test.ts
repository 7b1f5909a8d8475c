import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Deadline } from "./Deadline.ts"

/** Keeps the event loop busy. */
const beBusy = (ms: number): void => {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

const limit = (limitMs: number, onEnd: () => void): Deadline => new Deadline(limitMs, onEnd)

describe("Deadline", () => {
  it.live("is not over before its time, even if it is made at the end of a busy turn", () =>
    Effect.callback<void>((resume) => {
      setImmediate(() => {
        beBusy(40)
        const beganMs = performance.now()
        limit(50, () => {
          assert.isAtLeast(performance.now() - beganMs, 50)
          resume(Effect.void)
        })
      })
    })
  )

  it.live("is never over once it is cleared", () =>
    Effect.callback<void>((resume) => {
      limit(5, () => assert.fail("it was cleared")).clear()
      limit(20, () => resume(Effect.void))
    })
  )
})
