/**
 * What an error of a socket, of TLS or of the HTTP parser says of a target, in our words.
 */
import { CheckFailure, type Host, type Observation } from "@openseer/core"
import { DateTime } from "effect"

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
  ETIMEDOUT: { reason: "connect_timeout", message: "the system gave the connection up" }
}

/** Codes that say that this machine has run out of something. */
const ownCodes = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EAGAIN"])

/** A failed lookup of a name. */
export const ofLookup = (host: string, code: string, family: Host.IpFamily = "any"): Fault => {
  switch (code) {
    case "ENOTFOUND":
    case "ENODATA":
      return { reason: "dns_not_found", message: `${host} has no ${addresses[family]}` }
    case "EBADNAME":
      return { reason: "dns_not_found", message: `${host} is not a name that DNS can have` }
    case "ETIMEOUT":
      return { reason: "dns_timeout", message: `no name server answered for ${host}` }
    default:
      return { reason: "dns_failed", message: `${host} could not be looked up: ${code}` }
  }
}

const addresses = { any: "address", ipv4: "IPv4 address", ipv6: "IPv6 address" }

/** An untrusted peer, by the code of OpenSSL's verdict. With the peer's certificate, the message says more. */
export const ofTlsProblem = (host: string, code: string, certificate?: Observation.Certificate): Fault => {
  switch (code) {
    case "HOSTNAME_MISMATCH":
      return { reason: "certificate_wrong_name", message: `the certificate is not for ${host}${namesOf(certificate)}` }
    case "CERT_HAS_EXPIRED":
      return {
        reason: "certificate_expired",
        message: `the certificate has expired${when(certificate?.validTo, isPast)}`
      }
    case "CERT_NOT_YET_VALID": {
      const date = when(certificate?.validFrom, (at) => !isPast(at))
      return { reason: "certificate_not_yet_valid", message: `the certificate is not valid yet${date}` }
    }
    default:
      return { reason: "certificate_untrusted", message: `the certificate is not trusted: ${untrusted[code] ?? code}` }
  }
}

const untrusted: { readonly [code: string]: string } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its chain ends in an authority that is not known",
  UNABLE_TO_GET_ISSUER_CERT: "its chain ends in an authority that is not known",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not known, or the server left out a certificate between the two",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not known, or the server left out a certificate between the two",
  CERT_SIGNATURE_FAILURE: "its signature is wrong",
  CERT_REVOKED: "it was revoked",
  INVALID_PURPOSE: "it is not for servers",
  INVALID_CA: "a certificate in its chain must not issue others"
}

/** The dates of an issuer may be the reason as well: only a date of the certificate's own that fits is told. */
const when = (at: DateTime.Utc | undefined, fits: (at: DateTime.Utc) => boolean): string =>
  at === undefined || !fits(at) ? "" : `: ${DateTime.formatIso(at).replace(".000Z", "Z")}`

const isPast = (at: DateTime.Utc): boolean => DateTime.toEpochMillis(at) < Date.now()

const namesOf = ({ names, subject }: Partial<Observation.Certificate> = {}): string => {
  const all = names === undefined || names.length === 0 ? (subject === undefined ? [] : [subject]) : names
  return all.length === 0 ? "" : `, but for ${all.slice(0, 3).join(", ")}${all.length > 3 ? " and others" : ""}`
}

const timeouts = {
  dns: { reason: "dns_timeout", what: "no name server had answered" },
  connect: { reason: "connect_timeout", what: "the connection was not established" },
  tls: { reason: "tls_timeout", what: "the TLS handshake was not over" },
  ttfb: { reason: "response_timeout", what: "the answer had not begun" },
  download: { reason: "download_timeout", what: "the answer was not complete" }
} as const

/** A limit of time that ended in this phase: `5000 ms, the timeout of the check`. */
export const ofTimeout = (phase: Observation.PhaseName, limit: string): Fault => {
  const { reason, what } = timeouts[phase]
  return { reason, message: `${what} after ${limit}` }
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
  if (code === "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL") return noProtocolInCommon
  if (duringTls || code.startsWith("ERR_SSL_") || code === "EPROTO") {
    return { reason: "tls_failed", message: `the TLS handshake failed: ${code}` }
  }
  return new CheckFailure.CheckError({ reason: "executor_defect", message: `an error without a name of ours: ${code}` })
}

/** What a handler threw. It is named, not quoted: its message may hold a secret. */
export const ofDefect = (error: unknown): CheckFailure.CheckError => {
  const name = error instanceof Error ? error.name : typeof error
  return new CheckFailure.CheckError({ reason: "executor_defect", message: `the executor died: ${name}` })
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

const noProtocolInCommon: Fault = {
  reason: "tls_failed",
  message: "the TLS handshake failed: the server offers none of the protocols that were asked for (ALPN)"
}

/** The header section is larger than what is read of one. */
export const headersTooLarge: Fault = { reason: "headers_too_large", message: "the headers are larger than 16 kB" }
