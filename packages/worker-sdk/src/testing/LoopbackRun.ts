/**
 * Runs of one executor as a worker makes them, against targets on loopback.
 */
import type { Judgement } from "@openseer/core"
import { Effect, type Layer } from "effect"
import type { Dial } from "../egress/Dial.ts"
import * as Egress from "../egress/Egress.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "../execute/Executor.ts"
import type * as Executors from "../execute/Executors.ts"
import * as CheckRunner from "./CheckRunner.ts"

/** What a run may be given besides its spec. */
export interface LoopbackRunOptions extends Egress.EgressOptions {
  readonly timeoutMs?: number
  readonly assertions?: Executors.RunMember["assertions"]
}

/** Executes a spec, in its encoded form, with resolver and dialler of the caller's own. */
export const through = (
  executor: Executor.Any<Dial | Resolver>,
  egress: Layer.Layer<Dial | Resolver>,
  spec: { readonly [key: string]: unknown },
  { assertions = [], timeoutMs = 5_000 }: Pick<LoopbackRunOptions, "assertions" | "timeoutMs"> = {}
): Effect.Effect<Executors.ExecutedRun> =>
  CheckRunner.run(executor, spec as never, { assertions, timeoutMs }).pipe(Effect.provide(egress))

/** A function that executes specs, in their encoded form. Without options of its own, all of 127.0.0.0/8 is open. */
export const of =
  (executor: Executor.Any<Dial | Resolver>, defaults: LoopbackRunOptions = {}) =>
  (
    spec: { readonly [key: string]: unknown },
    options: LoopbackRunOptions = {}
  ): Effect.Effect<Executors.ExecutedRun> => {
    const all = { allow: ["127.0.0.0/8"], ...defaults, ...options }
    return through(executor, Egress.layer(all), spec, all)
  }

/** `up`, or `down connection_refused`. */
export const outcomeOf = ({ outcome, reason }: Judgement.Judgement): string => `${outcome} ${reason ?? ""}`.trim()

/** All phases together. */
export const sumOf = (phases: { readonly [phase: string]: number }): number =>
  Object.values(phases).reduce((sum, us) => sum + us, 0)
