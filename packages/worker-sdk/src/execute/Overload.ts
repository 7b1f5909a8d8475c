/**
 * When a run was not measured but delayed by its own worker, so that nothing may be said of the target.
 *
 * The bound of a run's error (`LoopBound`) is what the event loop may have added, two to three times what it did add. Three
 * verdicts need different honesty:
 *
 * - An answer that came is an answer. Its time is stored with the bound beside it, and only where half of it may be ours,
 *   and more than a tenth of a second, there is no measurement left to store.
 * - A deadline that passed, or a time that an assertion calls too long, is itself a measurement of time: at more than 5 ms
 *   and 5 % of our own it is no evidence. On a loop that is busy for half of the time, the error of nine runs of ten is below
 *   1.6 ms, and a deadline is rarely below a second.
 * - A refused connection or a wrong certificate is true however late we looked.
 */
import type { CheckFailure } from "@openseer/core"
import type { ExecutedRun } from "./Executors.ts"

/** No completed run is discarded below this much of our own time, in microseconds, nor below half of its own. */
const answerBoundUsMin = 100_000
const answerShare = 0.5

/** The same for a run that is down because of time. */
const lateBoundUsMin = 5_000
const lateShare = 0.05

const lateReasons: ReadonlySet<string | undefined> = new Set<CheckFailure.TargetReason>([
  "timeout",
  "dns_timeout",
  "connect_timeout",
  "tls_timeout",
  "response_timeout",
  "download_timeout"
])

/** The sentence that says why a run says nothing of its target; undefined when it does. `totalUs` is its whole time. */
export const problem = (run: ExecutedRun, totalUs: number): string | undefined => {
  const boundUs = run.errorBoundUs
  const isMeasured = isOfTime(run)
    ? boundUs <= Math.max(lateBoundUsMin, totalUs * lateShare)
    : boundUs <= Math.max(answerBoundUsMin, totalUs * answerShare)
  return isMeasured ? undefined : `up to ${Math.round(boundUs / 1_000)} ms of this run were the worker's own delay`
}

/** Whether nothing but time speaks against the target. */
const isOfTime = ({ failedAssertions = [], outcome, reason }: ExecutedRun): boolean => {
  if (lateReasons.has(reason)) return true
  const decisive = failedAssertions.filter(({ severity }) => severity === outcome)
  return decisive.length > 0 && decisive.every(({ source }) => source === "responseTimeMs" || source === "phaseMs")
}
