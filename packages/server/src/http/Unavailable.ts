/**
 * A busy database, as the API answers it.
 */
import { Problem } from "@openseer/core"
import { Effect } from "effect"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** Turns `DatabaseBusy` into a 503 with its `Retry-After`. */
export const orUnavailable = <A, E, R>(effect: Effect.Effect<A, E | DatabaseBusy, R>) =>
  Effect.catchIf(effect, isBusy, (busy) => Effect.fail(unavailable(busy.retryAfterMs, busy.message)))

/** A 503: try again after `retryAfterMs`, in whole seconds on the wire. */
export const unavailable = (retryAfterMs: number, detail: string): Problem.ServiceUnavailable =>
  new Problem.ServiceUnavailable({ retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1_000)), detail })

const isBusy = (error: unknown): error is DatabaseBusy =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "DatabaseBusy"
