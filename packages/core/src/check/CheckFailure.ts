/**
 * Why a check gave no good observation: the target's fault and ours are different types.
 *
 * `TargetFailed` says something about the target and makes a run `down`. `CheckError` is our own fault (egress refused,
 * overloaded worker, unsupported kind), makes a run `error`, and says nothing about the target.
 */
import { Schema } from "effect"
import { Observation } from "./Observation.ts"

/** The reasons for which a target is down. A closed list: each is a word that people filter and alert by. */
export const TargetReason = Schema.Literals([
  "dns_not_found",
  "dns_failed",
  "connection_refused",
  "connection_reset",
  "unreachable",
  "timeout",
  "tls_failed",
  "certificate_expired",
  "certificate_wrong_name",
  "certificate_untrusted",
  "protocol_error",
  "headers_too_large",
  "body_incomplete",
  "decode_failed",
  "too_many_redirects",
  "redirect_invalid",
  "status",
  "assertion",
  "check_failed"
])
export type TargetReason = typeof TargetReason.Type

/** The reasons for which we could not check: they say nothing about the target. */
export const ErrorReason = Schema.Literals([
  "egress_denied",
  "worker_overloaded",
  "worker_stopped",
  "network_down",
  "unsupported_check",
  "invalid_spec",
  "executor_defect"
])
export type ErrorReason = typeof ErrorReason.Type

/** The target failed: the run is `down`. `observation` holds what had been measured until then. */
export class TargetFailed extends Schema.TaggedError<TargetFailed>()("TargetFailed", {
  reason: TargetReason,
  message: Schema.String,
  observation: Schema.optionalKey(Observation)
}) {}

/** We failed: the run is `error`. */
export class CheckError extends Schema.TaggedError<CheckError>()("CheckError", {
  reason: ErrorReason,
  message: Schema.String
}) {}

/** Every way in which an executor may fail. */
export type CheckFailure = TargetFailed | CheckError
