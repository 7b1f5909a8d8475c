/**
 * Runs of `http` checks for tests: through the frame that a worker has, against targets on this machine.
 */
import { type Assertion, type CheckFailure, HttpCheck, type Observation } from "@openseer/core"
import { Effect, type Layer, Schema } from "effect"
import type { Dial } from "../egress/Dial.ts"
import * as Egress from "../egress/Egress.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executors from "../execute/Executors.ts"
import { httpExecutor } from "../execute/HttpExecutor.ts"
import { type Authority, type KeyPair, makeAuthority } from "./Certificates.ts"
import * as LoopbackRun from "./LoopbackRun.ts"

/** An authority that these runs trust. */
export const authority: Authority = makeAuthority()

/** A certificate of it for `localhost` and 127.0.0.1. */
export const localhost: KeyPair = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })

/** An encoded spec. */
export interface Spec {
  readonly url: string
  readonly [key: string]: unknown
}

/** Runs a check with resolver and dialler of the caller's own. */
export const runWith = (
  egress: Layer.Layer<Dial | Resolver>,
  spec: Spec,
  options?: LoopbackRun.LoopbackRunOptions
): Effect.Effect<Executors.ExecutedRun> => LoopbackRun.through(httpExecutor, egress, { ...spec }, options)

/** Runs a check. Loopback is open unless `allow` says otherwise. */
export const run: (spec: Spec, options?: LoopbackRun.LoopbackRunOptions) => Effect.Effect<Executors.ExecutedRun> =
  LoopbackRun.of(httpExecutor, { ca: [authority.ca] })

/** What the executor itself gives for a monitor whose assertions look at these sources. */
export const observe = (
  spec: Spec,
  ...sources: ReadonlyArray<Assertion.AssertionSource>
): Effect.Effect<Observation.Observed, CheckFailure.CheckFailure> => {
  const context = {
    timeoutMs: 5_000,
    mark: () => {},
    redact: (text: string) => text,
    assertionSources: new Set(sources)
  }
  return httpExecutor
    .execute(Schema.decodeUnknownSync(HttpCheck.HttpSpec)(spec), context)
    .pipe(Effect.provide(Egress.layer({ allow: ["127.0.0.0/8"], ca: [authority.ca] })))
}

/** Whether a phase took what was injected, within 2 ms and 2 %. */
export const isClose = (us: number, injectedMs: number): boolean => {
  const overMs = us / 1_000 - injectedMs
  // A timer of Node may fire up to a millisecond early.
  return overMs > -1 && overMs < 2 + injectedMs * 0.02
}

/** The first of a few tries that passes: other processes may hold up any single one. */
export const bestOf = <E, R>(tries: number, passes: Effect.Effect<boolean, E, R>): Effect.Effect<boolean, E, R> =>
  passes.pipe(Effect.repeat({ until: (passed) => passed, times: tries - 1 }))
