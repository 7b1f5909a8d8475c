/**
 * The seam between a check type and what executes it.
 */
import type { Assertion, CheckFailure, CheckType, Evidence, Observation } from "@openseer/core"
import type { Effect } from "effect"

/** What an executor is told besides the spec. */
export interface ExecutionContext {
  /** The run must be over after this time, counted from the executor's start: all phases together. */
  readonly timeoutMs: number
  /**
   * Call it first thing in the handler of each event that ends a phase, so that the result says how much of the time
   * may have been the worker's own. Who never calls it gets the bound of the run's end only.
   */
  readonly mark: () => void
  /** What the monitor's assertions look at. Keep no body in memory that none of them asks for. */
  readonly assertionSources: ReadonlySet<Assertion.AssertionSource>
  /**
   * Takes the secrets of the spec out of a text that a target sent. What is reported is redacted anyway: this is for
   * what is cut before, so that no half of a secret is left.
   */
  readonly redact: Evidence.Redact
}

/**
 * Executes a check type: one attempt, then an observation, with the content that assertions look at if it has any, or a
 * failure with its reason. Interruption must stop it at
 * once and leave nothing open. It keeps its own deadline and fails with `timeout`; who does not is stopped a second
 * later, and the run is an `error` (`executor_defect`).
 */
export interface Executor<out Kind extends string, in out Spec, out R> {
  readonly checkType: CheckType.CheckType<Kind, Spec>
  readonly execute: (
    spec: Spec,
    context: ExecutionContext
  ) => Effect.Effect<Observation.Observed, CheckFailure.CheckFailure, R>
}

/** Any executor that needs at most `R`. */
// The spec type is invariant: only `any` admits every executor into one registry.
// eslint-disable-next-line typescript/no-explicit-any
export type Any<R = any> = Executor<string, any, R>

/**
 * Ties an executor to its check type.
 *
 * @example
 * ```ts
 * import { CheckType, Observation } from "@openseer/core"
 * import { Executor } from "@openseer/worker-sdk"
 * import { Effect, Schema } from "effect"
 *
 * const LedgerCheck = CheckType.make({
 *   kind: "acme-ledger",
 *   version: 1,
 *   spec: Schema.Struct({ account: Schema.String }),
 *   target: (spec) => spec.account
 * })
 *
 * const ledgerExecutor = Executor.make(LedgerCheck, (spec, { timeoutMs }) =>
 *   Effect.succeed({ totalUs: 0, phases: Observation.noPhases, detail: { account: spec.account, timeoutMs } })
 * )
 * ```
 */
export const make = <Kind extends string, Spec, R>(
  checkType: CheckType.CheckType<Kind, Spec>,
  execute: Executor<Kind, Spec, R>["execute"]
): Executor<Kind, Spec, R> => ({ checkType, execute })
