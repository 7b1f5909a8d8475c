/**
 * Asks for work: one `GetJobs` at a time, a few seconds ahead, for as many runs as there is room for.
 *
 * Work that lies more than a second ahead is fetched in gulps four times a second; when some of it is due sooner, more
 * may be, and the next call follows at once. With nothing to do, one long poll waits at the control plane.
 */
import { type CheckType, WorkerRpc } from "@openseer/core"
import { Effect, Latch } from "effect"
import * as Backoff from "../Backoff.ts"
import { ControlPlane, type JobsAnswer } from "../ControlPlane.ts"
import type { WorkerStopped } from "../WorkerStopped.ts"
import { WorkerToken } from "../WorkerToken.ts"
import type { JobCache } from "./JobCache.ts"
import type { LeaseTable } from "./LeaseTable.ts"

/** How long the control plane may hold a `GetJobs` that finds nothing, in milliseconds. */
export const waitMsDefault = 20_000

/** The pause after an answer whose jobs are all due later than {@link soonMs}, in milliseconds. */
const gulpMs = 250

/** The pause after any answer with jobs, in milliseconds: bounds the calls that many 1-second monitors can cause. */
const breathMs = 10

const soonMs = 1_000

/** What the loop works with. `room` is how many more runs may be leased, and how many there may be at most. */
export interface LeaseLoopOptions {
  readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
  readonly known: JobCache<never>["known"]
  readonly leases: LeaseTable
  readonly room: () => { readonly runs: number; readonly runsMax: number }
  readonly waitMs: number
}

/** A loop, and how to tell it that there may be room or work again. */
export interface LeaseLoop {
  readonly wake: () => void
  readonly run: Effect.Effect<never, WorkerStopped>
}

/** Makes the loop; it asks while `run` runs. */
export const make = Effect.fnUntraced(function* (options: LeaseLoopOptions) {
  const controlPlane = yield* ControlPlane
  const token = yield* WorkerToken
  const woken = Latch.makeUnsafe()

  const room: Effect.Effect<number> = Effect.suspend(() => {
    const { runs, runsMax } = options.room()
    // Room for a single run is not worth a call while others are going on.
    const isWorthACall = runs > 0 && runs >= Math.ceil(runsMax / 8)
    return isWorthACall ? Effect.succeed(Math.min(runs, 10_000)) : Effect.andThen(Effect.sleep(gulpMs), room)
  })

  const ask = Effect.fn("LeaseLoop.ask")(function* (capacity: number) {
    const answer = yield* token.authorized(
      controlPlane.getJobs({
        protocol: WorkerRpc.protocolVersion,
        capacity,
        horizonMs: WorkerRpc.horizonMsMax,
        waitMs: options.waitMs,
        checkTypes: options.checkTypes,
        known: options.known(performance.now() + options.waitMs + WorkerRpc.horizonMsMax)
      })
    )
    return yield* options.leases.accept(answer)
  })

  const rest = (answer: JobsAnswer): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (answer.jobs.length === 0) return Effect.void
      if (answer.jobs.some(({ dueInMs }) => dueInMs < soonMs)) return Effect.sleep(breathMs)
      woken.closeUnsafe()
      return Effect.raceFirst(woken.await, Effect.sleep(gulpMs))
    })

  const run: Effect.Effect<never, WorkerStopped> = Effect.forever(
    Effect.gen(function* () {
      // The room is looked at again for each attempt: runs end while the control plane is away.
      const answer = yield* Backoff.untilAvailable(controlPlane.reached, "asking for jobs", Effect.flatMap(room, ask))
      yield* rest(answer)
    })
  )

  return { wake: () => void woken.openUnsafe(), run } satisfies LeaseLoop
})
