/**
 * How long to wait before trying again: exponential, with full jitter, never sooner than was asked for.
 */
import { Effect, Random } from "effect"
import type { Failure } from "./Failure.ts"

/** The longest wait after the first failure, in milliseconds. */
export const backoffMsMin = 500

/** The longest wait after any failure, in milliseconds, unless a longer one was asked for. */
export const backoffMsMax = 10_000

/** How often a call is tried again at most. */
export const retriesMax = 4

/** The longest `Retry-After` that is waited for, in milliseconds: a longer one fails at once. */
export const retryAfterMsMax = 30_000

/** Whether a failure says that the same call may succeed in a moment. */
export const isTransient = (failure: Failure): boolean =>
  ((failure._tag === "Unreachable" && failure.reason !== "timeout") ||
    failure._tag === "ServiceUnavailable" ||
    failure._tag === "TooManyRequests") &&
  retryAfterMs(failure) <= retryAfterMsMax

/** Waits after the `failures`-th failure in a row, from 1. */
export const pause = Effect.fnUntraced(function* (failures: number, failure?: Failure) {
  const bound = Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(failures - 1, 10))
  const asked = failure === undefined ? 0 : Math.min(retryAfterMs(failure), retryAfterMsMax)
  yield* Effect.sleep(asked + (yield* Random.next) * bound)
})

const retryAfterMs = (failure: Failure): number => {
  if (failure._tag === "ServiceUnavailable" || failure._tag === "TooManyRequests")
    return failure.retryAfterSeconds * 1_000
  return failure._tag === "Unreachable" ? (failure.retryAfterMs ?? 0) : 0
}
