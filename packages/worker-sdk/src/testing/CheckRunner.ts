/**
 * Runs a check type of one's own as a worker would, without a control plane: spec decoded, time bounded, assertions
 * evaluated, secrets taken out of what is told.
 */
import { Console, DateTime, Effect, Fiber, type Layer, type Schema } from "effect"
import { TestClock } from "effect/testing"
import * as CheckReport from "../CheckReport.ts"
import type { Dial } from "../egress/Dial.ts"
import * as Egress from "../egress/Egress.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "../execute/Executor.ts"
import * as Executors from "../execute/Executors.ts"

/** How a monitor would be set: assertions as the API takes them, none for those of the check type. */
export interface CheckRunnerOptions {
  readonly assertions?: ReadonlyArray<Schema.Json>
  /** Default 10,000 ms. */
  readonly timeoutMs?: number
}

/** Egress that opens 127.0.0.0/8 and ::1, where the hostile targets are. */
export const loopback: Layer.Layer<Dial | Resolver> = Egress.layer({ allow: ["127.0.0.0/8", "::1/128"] })

/**
 * Runs a check once. It never fails: whatever goes wrong is an outcome with a reason.
 *
 * @example
 * ```ts
 * import { HttpExecutor } from "@openseer/worker-sdk"
 * import { CheckRunner } from "@openseer/worker-sdk/testing"
 * import { Effect } from "effect"
 *
 * CheckRunner.run(HttpExecutor.httpExecutor, { url: "http://127.0.0.1:3000/" }).pipe(
 *   Effect.flatMap(CheckRunner.print),
 *   Effect.provide(CheckRunner.loopback)
 * )
 * ```
 */
export const run = <R>(
  executor: Executor.Any<R>,
  spec: Schema.Json,
  { assertions = [], timeoutMs = 10_000 }: CheckRunnerOptions = {}
): Effect.Effect<Executors.ExecutedRun, never, R> =>
  Effect.flatMap(Executors.make([executor]), ({ prepare }) =>
    prepare(executor.checkType, { spec, assertions, timeoutMs })
  )

/**
 * Runs a check on a clock that stands still until it is moved by `elapsedMs`: what waits by Effect's means, `Effect.sleep`
 * and timeouts, waits no longer than that takes to compute. Sockets know nothing of it.
 */
export const runWithFakeClock = <R>(
  executor: Executor.Any<R>,
  spec: Schema.Json,
  { elapsedMs, ...options }: CheckRunnerOptions & { readonly elapsedMs: number }
): Effect.Effect<Executors.ExecutedRun, never, R> =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(run(executor, spec, options), { startImmediately: true })
    yield* TestClock.adjust(elapsedMs)
    return yield* Fiber.join(running)
  }).pipe(Effect.provide(TestClock.layer()))

/** Prints what was seen, as `openseer-worker check` does. */
export const print = (executed: Executors.ExecutedRun): Effect.Effect<void> =>
  Effect.flatMap(DateTime.now, (now) =>
    Console.log(CheckReport.render({ title: "check", executed, now, canColor: false }))
  )
