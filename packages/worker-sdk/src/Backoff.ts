/**
 * Patience with a control plane that is away: exponential backoff with full jitter, for as long as it takes.
 */
import { Effect, Random } from "effect"
import type { ControlPlaneUnavailable } from "./ControlPlane.ts"

/** The longest jitter after the first failure, in milliseconds. */
export const backoffMsMin = 100

/** The longest jitter after any failure, in milliseconds. */
export const backoffMsMax = 30_000

/** The longest `Retry-After` that is honoured, in milliseconds: a wrong header must not silence a worker. */
export const retryAfterMsMax = 60_000

/**
 * How long to wait after the `failures`-th failure in a row (from 1), in milliseconds: anything from 0 to a bound that
 * doubles up to {@link backoffMsMax} (full jitter), after what the control plane asked for. `random` is in [0, 1).
 */
export const delayMs = (failures: number, retryAfterMs: number | undefined, random: number): number =>
  Math.min(retryAfterMs ?? 0, retryAfterMsMax) +
  random * Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(failures - 1, 20))

/**
 * Sleeps {@link delayMs}; the first failure in a row is a warning, the following ones are for debugging. When the control
 * plane was away, `reached` ends the sleep early: whoever gets through first tells the others, so that nothing waits half
 * a minute for a control plane that is back.
 */
export const pause = Effect.fnUntraced(function* (
  reached: Effect.Effect<void>,
  what: string,
  failures: number,
  error: ControlPlaneUnavailable
) {
  const waitMs = delayMs(failures, error.retryAfterMs, yield* Random.next)
  const log = failures === 1 ? Effect.logWarning : Effect.logDebug
  yield* log(`${what} failed, trying again: ${error.message}`).pipe(
    Effect.annotateLogs({ failures, waitMs: Math.round(waitMs) })
  )
  yield* error.isAway ? Effect.raceFirst(reached, Effect.sleep(waitMs)) : Effect.sleep(waitMs)
})

/** Repeats a call until the control plane is there. Other failures pass. */
export const untilAvailable = <A, E, R>(
  reached: Effect.Effect<void>,
  what: string,
  call: Effect.Effect<A, E | ControlPlaneUnavailable, R>
): Effect.Effect<A, Exclude<E, ControlPlaneUnavailable>, R> => {
  const attempt = (failures: number): Effect.Effect<A, Exclude<E, ControlPlaneUnavailable>, R> =>
    Effect.catch(call, (error) =>
      isUnavailable(error)
        ? Effect.andThen(pause(reached, what, failures, error), attempt(failures + 1))
        : Effect.fail(error as Exclude<E, ControlPlaneUnavailable>)
    )
  return attempt(1)
}

const isUnavailable = (error: unknown): error is ControlPlaneUnavailable =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ControlPlaneUnavailable"
