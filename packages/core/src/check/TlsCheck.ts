/**
 * The built-in `tls` check type: a handshake, and what it says of the certificate.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { Host, IpFamily, Port, toUrlHost } from "./Host.ts"
import { tlsDescription, TlsSettings } from "./TlsSettings.ts"

/** Protocols that begin in clear and then change to TLS. */
export const StartTlsProtocol = Schema.Literals(["smtp", "imap", "pop3", "ftp", "postgres"]).annotate({
  identifier: "StartTlsProtocol"
})
export type StartTlsProtocol = typeof StartTlsProtocol.Type

/** Where a `tls` check shakes hands. */
export const TlsSpec = Schema.Struct({
  host: Host,
  port: Port.pipe(Schema.withDecodingDefaultKey(Effect.succeed(443))),
  startTls: Schema.optionalKey(
    StartTlsProtocol.annotate({ description: "The protocol by which the connection changes to TLS" })
  ),
  tls: TlsSettings.annotate({ description: tlsDescription }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  ipFamily: IpFamily
}).annotate({ identifier: "TlsSpec" })
export type TlsSpec = typeof TlsSpec.Type

/** The `tls` check type: degraded when the certificate has 14 days left or less, down when it can't be trusted. */
export const TlsCheck = CheckType.make({
  kind: "tls",
  version: 1,
  title: "TLS certificate",
  description: "A TLS handshake: chain, names and the days that the certificate has left.",
  spec: TlsSpec,
  example: { host: "example.com", port: 443 },
  target: ({ host, port }) => `tls://${toUrlHost(host)}:${port}`,
  sources: ["certificateDaysLeft", "tlsVersion", "address"],
  defaultAssertions: [{ source: "certificateDaysLeft", comparison: "greaterThan", expected: 14, severity: "degraded" }]
})
