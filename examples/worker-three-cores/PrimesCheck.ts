/**
 * A check type that keeps a core busy for a moment, and says which process did it.
 */
import { CheckType, Observation } from "@openseer/core"
import { Executor } from "@openseer/worker-sdk"
import { Effect, Schema } from "effect"
import { performance } from "node:perf_hooks"

/** What a monitor says. */
export const PrimesCheck = CheckType.make({
  kind: "primes",
  version: 1,
  spec: Schema.Struct({ below: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 100_000 })) }),
  target: ({ below }) => `primes below ${below}`
})

/** All that the worker executes: its supervisor announces it, its shards do it. */
export const executors = [
  Executor.make(PrimesCheck, ({ below }) =>
    Effect.sync(() => {
      const startedAt = performance.now()
      const primes = primesBelow(below)
      console.log(`process ${process.pid} counted ${primes} primes`)
      const totalUs = Math.round((performance.now() - startedAt) * 1_000)
      return { totalUs, phases: Observation.noPhases, detail: { primes } }
    })
  )
]

const primesBelow = (below: number): number => {
  let count = 0
  for (let n = 2; n < below; n++) {
    let divisor = 2
    while (divisor * divisor <= n && n % divisor !== 0) divisor++
    if (divisor * divisor > n) count++
  }
  return count
}
