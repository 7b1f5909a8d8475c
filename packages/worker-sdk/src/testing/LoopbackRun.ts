/**
 * Runs of one executor as a worker makes them, against targets on loopback.
 */
import type { Judgement } from "@openseer/core"
import { Effect } from "effect"
import type { Dial } from "../egress/Dial.ts"
import * as Egress from "../egress/Egress.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "../execute/Executor.ts"
import * as Executors from "../execute/Executors.ts"

/** What a run may be given besides its spec. */
export interface LoopbackRunOptions extends Egress.EgressOptions {
  readonly timeoutMs?: number
  readonly assertions?: Executors.RunMember["assertions"]
}

/** A function that executes specs, in their encoded form. Without options of its own, all of 127.0.0.0/8 is open. */
export const of =
  (executor: Executor.Any<Dial | Resolver>, defaults: LoopbackRunOptions = {}) =>
  (
    spec: { readonly [key: string]: unknown },
    options: LoopbackRunOptions = {}
  ): Effect.Effect<Executors.ExecutedRun> => {
    const { assertions = [], timeoutMs = 5_000, ...egress } = { allow: ["127.0.0.0/8"], ...defaults, ...options }
    return Executors.make([executor]).pipe(
      Effect.flatMap(({ prepare }) => prepare(executor.checkType, { spec: spec as never, assertions, timeoutMs })),
      Effect.provide(Egress.layer(egress))
    )
  }

/** `up`, or `down connection_refused`. */
export const outcomeOf = ({ outcome, reason }: Judgement.Judgement): string => `${outcome} ${reason ?? ""}`.trim()

/** All phases together. */
export const sumOf = (phases: { readonly [phase: string]: number }): number =>
  Object.values(phases).reduce((sum, us) => sum + us, 0)
