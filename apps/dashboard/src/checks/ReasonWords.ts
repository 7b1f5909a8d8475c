/**
 * Why a check was not up, in a few words: the reasons of the contract as people say them.
 */
import type { CheckFailure } from "@openseer/core"

type Reason = CheckFailure.TargetReason | CheckFailure.ErrorReason

const words: Readonly<Record<Reason, string>> = {
  dns_not_found: "Name not found",
  dns_timeout: "DNS timed out",
  dns_failed: "DNS failed",
  connection_refused: "Connection refused",
  connection_reset: "Connection cut off",
  unreachable: "Host unreachable",
  connect_timeout: "Connecting timed out",
  tls_timeout: "TLS handshake timed out",
  tls_failed: "TLS handshake failed",
  certificate_expired: "Certificate expired",
  certificate_not_yet_valid: "Certificate not yet valid",
  certificate_wrong_name: "Certificate for another name",
  certificate_untrusted: "Certificate not trusted",
  response_timeout: "No answer in time",
  download_timeout: "Answer not complete in time",
  timeout: "Not over in time",
  protocol_error: "Protocol error",
  headers_too_large: "Headers too large",
  body_incomplete: "Body incomplete",
  decode_failed: "Body can't be decoded",
  too_many_redirects: "Too many redirects",
  redirect_invalid: "Invalid redirect",
  proxy_failed: "Proxy failed",
  status: "Wrong status",
  assertion: "Assertion failed",
  unexpected_answer: "Unexpected answer",
  upgrade_refused: "WebSocket refused",
  grpc_failed: "gRPC call failed",
  heartbeat_missed: "Signal missed",
  heartbeat_failed: "Job reported a failure",
  heartbeat_overran: "Job did not end in time",
  check_failed: "Check failed",
  egress_denied: "Not allowed from this worker",
  worker_overloaded: "Worker overloaded",
  worker_stopped: "Worker stopped",
  network_down: "Worker without network",
  unsupported_check: "Worker can't run this check",
  unsupported_assertion: "Worker too old for an assertion",
  invalid_spec: "Worker refused the settings",
  executor_defect: "Defect in the check"
}

/** The words for a reason. One that is newer than this page is said as it is written. */
export const reasonWords = (reason: string): string =>
  Object.hasOwn(words, reason) ? words[reason as Reason] : reason.replaceAll("_", " ")
