/**
 * What an error of a socket, of TLS or of the HTTP parser says of a target, in our words.
 */
import { CheckFailure } from "@openseer/core"

/** A failure before the observation is added. */
export interface Fault {
  readonly reason: CheckFailure.TargetReason
  readonly message: string
}

const bySystemCode: { readonly [code: string]: Fault } = {
  ECONNREFUSED: { reason: "connection_refused", message: "the connection was refused" },
  ECONNRESET: { reason: "connection_reset", message: "the connection was reset" },
  ECONNABORTED: { reason: "connection_reset", message: "the connection was aborted" },
  EPIPE: { reason: "connection_reset", message: "the connection was closed while the request was sent" },
  EHOSTUNREACH: { reason: "unreachable", message: "there is no route to the host" },
  ENETUNREACH: { reason: "unreachable", message: "there is no route to the network" },
  EHOSTDOWN: { reason: "unreachable", message: "the host is down" },
  ETIMEDOUT: { reason: "timeout", message: "the system gave the connection up" }
}

/** Codes that say that this machine has run out of something. */
const ownCodes = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EAGAIN"])

/** A failed lookup of a name. `ETIMEOUT` is c-ares' own, which comes only after the longest timeout of a run. */
export const ofLookup = (host: string, code: string): Fault => {
  switch (code) {
    case "ENOTFOUND":
    case "ENODATA":
      return { reason: "dns_not_found", message: `${host} has no address` }
    case "EBADNAME":
      return { reason: "dns_not_found", message: `${host} is not a name that DNS can have` }
    case "ETIMEOUT":
      return { reason: "dns_timeout", message: `no name server answered for ${host}` }
    default:
      return { reason: "dns_failed", message: `${host} could not be looked up: ${code}` }
  }
}

/** An untrusted peer, by the code of OpenSSL's verdict. */
export const ofTlsProblem = (host: string, code: string): Fault => {
  if (code === "HOSTNAME_MISMATCH") {
    return { reason: "certificate_wrong_name", message: `the certificate is not for ${host}` }
  }
  if (code === "CERT_HAS_EXPIRED") return { reason: "certificate_expired", message: "the certificate has expired" }
  return { reason: "certificate_untrusted", message: `the certificate is not trusted: ${code}` }
}

/** An error event. `duringTls` when the handshake was going on. */
export const ofError = (error: NodeJS.ErrnoException, duringTls: boolean): Fault | CheckFailure.CheckError => {
  if (error instanceof CheckFailure.CheckError) return error
  const code = error.code ?? error.name
  if (ownCodes.has(code)) {
    return new CheckFailure.CheckError({ reason: "worker_overloaded", message: `the worker has run out of: ${code}` })
  }
  if (code === "HPE_HEADER_OVERFLOW") return headersTooLarge
  if (code.startsWith("HPE_")) {
    return { reason: "protocol_error", message: `the answer is not valid HTTP/1.1: ${error.message}` }
  }
  // Node's own resets, as for a peer that closes in the middle, come without a system call.
  if (error.syscall === undefined && code === "ECONNRESET") return duringTls ? closedDuringTls : closedEarly
  const known = bySystemCode[code]
  if (known !== undefined) return known
  if (duringTls || code.startsWith("ERR_SSL_") || code === "EPROTO") {
    return { reason: "tls_failed", message: `the TLS handshake failed: ${code}` }
  }
  return new CheckFailure.CheckError({ reason: "executor_defect", message: `an error without a name of ours: ${code}` })
}

/** The peer closed before the answer's header section was complete. */
export const closedEarly: Fault = {
  reason: "connection_reset",
  message: "the connection was closed before the answer"
}

const closedDuringTls: Fault = {
  reason: "tls_failed",
  message: "the connection was closed during the TLS handshake"
}

const headersTooLarge: Fault = { reason: "headers_too_large", message: "the headers are larger than 16 kB" }
