/**
 * From what was seen to what it means: an observation or a failure becomes an outcome with a reason.
 */
import { Schema } from "effect"
import type { FailedAssertion } from "./Assertion.ts"
import { type CheckFailure, ErrorReason, TargetReason } from "./CheckFailure.ts"
import type { CompiledAssertion } from "./CompiledAssertion.ts"
import { cut, type Redact } from "./Evidence.ts"
import { evidenceOf, sentenceOf } from "./FailureText.ts"
import { excerptLengthMax, type Observation, type Observed } from "./Observation.ts"
import { Subject } from "./Subject.ts"

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
  readonly failedAssertions?: ReadonlyArray<FailedAssertion>
}

/** The longest message of a judgement, in UTF-16 units. */
export const messageLengthMax = 500

/** When it is, in milliseconds since the epoch, and what takes secrets out of a text. */
export interface JudgementOptions {
  readonly now: number
  readonly redact: Redact
}

/**
 * The judgement of a completed observation: the worst severity among the assertions that do not hold, each named with
 * what was expected and seen. The content that they looked at is left out; of a failure its beginning stays as `excerpt`.
 */
export const ofObservation = (
  assertions: ReadonlyArray<CompiledAssertion>,
  observed: Observed,
  options: JudgementOptions
): Judgement => {
  const subject = new Subject(observed, options.now)
  const failed = assertions.flatMap(({ assertion, evaluate }, index) => {
    const { holds, reading } = evaluate(subject)
    return holds ? [] : [{ assertion, index, reading }]
  })
  const worst = failed.find(({ assertion }) => assertion.severity === "down") ?? failed[0]
  if (worst === undefined) {
    const { content: _, ...observation } = observed
    return { outcome: "up", observation }
  }
  const redact = once(options.redact)
  const sentences = failed.map(({ assertion, reading }) => sentenceOf(assertion, reading, redact))
  return {
    outcome: worst.assertion.severity,
    reason: worst.assertion.source === "status" ? "status" : "assertion",
    message: cut(redact(sentences.join("; ")), messageLengthMax),
    observation: withoutContent(observed, redact),
    failedAssertions: failed.map(({ assertion, index, reading }) => evidenceOf(index, assertion, reading, redact))
  }
}

/** The beginning of a text as evidence: free of secrets, then cut between characters. */
export const excerptOf = (text: string, redact: Redact): string => {
  const redacted = redact(text)
  const end = redacted.charCodeAt(excerptLengthMax - 1)
  const isHalf = redacted.length > excerptLengthMax && end >= 0xd800 && end <= 0xdbff
  return redacted.slice(0, isHalf ? excerptLengthMax - 1 : excerptLengthMax)
}

/** The judgement of a failed check. Content that it may have kept goes the way of {@link ofObservation}. */
export const ofFailure = (failure: CheckFailure, redact: Redact = (text) => text): Judgement => {
  const message = cut(redact(failure.message).toWellFormed(), messageLengthMax)
  if (failure._tag === "CheckError") return { outcome: "error", reason: failure.reason, message }
  const { observation, reason } = failure
  return {
    outcome: "down",
    reason,
    message,
    ...(observation === undefined ? {} : { observation: withoutContent(observation, redact) })
  }
}

const withoutContent = ({ content, ...observation }: Observed, redact: Redact): Observation => {
  const text = content?.body ?? content?.banner
  return text === undefined ? observation : { ...observation, excerpt: excerptOf(text, redact) }
}

/** The body is the same text in each sentence: it is searched for secrets once. */
const once = (redact: Redact): Redact => {
  const known = new Map<string, string>()
  return (text) => {
    let redacted = known.get(text)
    if (redacted === undefined) {
      redacted = redact(text)
      known.set(text, redacted)
    }
    return redacted
  }
}
