/**
 * From what was seen to what it means: an observation or a failure becomes an outcome with a reason.
 */
import { Schema } from "effect"
import { type Assertion, describe, failures } from "./Assertion.ts"
import { type CheckFailure, ErrorReason, TargetReason } from "./CheckFailure.ts"
import type { Observation } from "./Observation.ts"

/** `up`, `degraded`, `down` (the target's fault) or `error` (ours: nothing is said of the target). */
export const Outcome = Schema.Literals(["up", "degraded", "down", "error"])
export type Outcome = typeof Outcome.Type

/** Why an outcome is not `up`. */
export const Reason = Schema.Union([TargetReason, ErrorReason])
export type Reason = typeof Reason.Type

/** An outcome with its reason and a sentence, cut to size, that a person understands. */
export interface Judgement {
  readonly outcome: Outcome
  readonly reason?: Reason
  readonly message?: string
  readonly observation?: Observation
}

/** The longest message of a judgement, in UTF-16 units. */
export const messageLengthMax = 500

/** The judgement of a completed observation: the worst severity among the assertions that do not hold. */
export const ofObservation = (assertions: ReadonlyArray<Assertion>, observation: Observation): Judgement => {
  const failed = failures(assertions, observation)
  const worst = failed.find(({ assertion }) => assertion.severity === "down") ?? failed[0]
  if (worst === undefined) return { outcome: "up", observation }
  return {
    outcome: worst.assertion.severity,
    reason: worst.assertion.source === "status" ? "status" : "assertion",
    message: cut(failed.map(describe).join("; ")),
    observation
  }
}

/** The judgement of a failed check. */
export const ofFailure = (failure: CheckFailure): Judgement =>
  failure._tag === "TargetFailed"
    ? {
        outcome: "down",
        reason: failure.reason,
        message: cut(failure.message),
        ...(failure.observation === undefined ? {} : { observation: failure.observation })
      }
    : { outcome: "error", reason: failure.reason, message: cut(failure.message) }

const cut = (message: string): string =>
  message.length <= messageLengthMax ? message : `${message.slice(0, messageLengthMax - 1).toWellFormed()}…`
