/**
 * Why a check gave no good observation: the target's fault and ours are different types.
 *
 * `TargetFailed` says something about the target and makes a run `down`. `CheckError` is our own fault (egress refused,
 * overloaded worker, unsupported kind), makes a run `error`, and says nothing about the target.
 */
import { Schema } from "effect"
import { Observed } from "./Observation.ts"

/** What each reason for which a target is down means. A closed list: each is a word that people filter and alert by. */
export const targetReasons = {
  dns_not_found: "The name has no address in DNS.",
  dns_timeout: "No name server answered in time.",
  dns_failed: "The name servers answered that they could not answer.",
  connection_refused: "The host is there, but nothing listens on this port.",
  connection_reset: "The connection was cut off before the answer was complete.",
  unreachable: "There is no route to the host.",
  connect_timeout: "The connection was not established in time: the host is down, or a firewall drops the packets.",
  tls_timeout: "The TLS handshake was not over in time.",
  tls_failed: "The TLS handshake failed: the two sides have no version, cipher or certificate in common.",
  certificate_expired: "The certificate has expired.",
  certificate_not_yet_valid: "The certificate is not valid yet, or the worker's clock is wrong.",
  certificate_wrong_name: "The certificate is for another name.",
  certificate_untrusted: "The certificate was not issued by an authority that the worker trusts.",
  response_timeout: "The request was sent, but the answer did not begin in time.",
  download_timeout: "The answer began, but was not complete in time.",
  timeout: "The check was not over in time.",
  protocol_error: "The answer does not follow the protocol.",
  headers_too_large: "The header section of the answer is larger than 16 kB.",
  body_incomplete: "The connection was closed before the body was complete.",
  decode_failed: "The body could not be decoded as its Content-Encoding says.",
  too_many_redirects: "There were more redirects than the monitor allows.",
  redirect_invalid: "The redirect leads to something that can't be requested.",
  proxy_failed: "The proxy did not open a way to the target.",
  status: "The status code is not one of those that the monitor asks for.",
  assertion: "What came is not what the monitor asks for.",
  unexpected_answer: "The server said something else than the monitor expects.",
  upgrade_refused: "The server did not switch to the WebSocket protocol.",
  grpc_failed: "The call failed with a gRPC status other than OK, or the service does not say that it is serving.",
  heartbeat_missed: "The expected signal did not come in time.",
  heartbeat_failed: "The job reported that it failed.",
  heartbeat_overran: "The job started, but did not report its end in time.",
  check_failed: "The check type found the target not to be well; the message says why."
} as const

/** What each reason means for which we could not check. They say nothing about the target. */
export const errorReasons = {
  egress_denied: "The egress policy of the worker does not allow the address, host or port.",
  worker_overloaded: "The worker was too busy to measure honestly, or has run out of sockets or memory.",
  worker_stopped: "The worker was stopped during the check.",
  network_down: "The worker itself has no network.",
  unsupported_check: "The worker or its system can't execute this kind of check.",
  unsupported_assertion: "The worker does not know an assertion of the monitor: it is older than the control plane.",
  invalid_spec: "The worker does not accept the spec of the monitor.",
  executor_defect: "The executor of the check has a defect."
} as const

/** The reasons for which a target is down. See {@link targetReasons}. */
export const TargetReason = Schema.Literals(Object.keys(targetReasons) as ReadonlyArray<keyof typeof targetReasons>)
export type TargetReason = typeof TargetReason.Type

/** The reasons for which we could not check. See {@link errorReasons}. */
export const ErrorReason = Schema.Literals(Object.keys(errorReasons) as ReadonlyArray<keyof typeof errorReasons>)
export type ErrorReason = typeof ErrorReason.Type

/**
 * The target failed: the run is `down`. `observation` holds what had been measured until then; the beginning of its
 * content, free of secrets, becomes the excerpt.
 */
export class TargetFailed extends Schema.TaggedError<TargetFailed>()("TargetFailed", {
  reason: TargetReason,
  message: Schema.String,
  observation: Schema.optionalKey(Observed)
}) {}

/** We failed: the run is `error`. */
export class CheckError extends Schema.TaggedError<CheckError>()("CheckError", {
  reason: ErrorReason,
  message: Schema.String
}) {}

/** Every way in which an executor may fail. */
export type CheckFailure = TargetFailed | CheckError
