/**
 * What an executor saw: raw facts of one attempt, judged by nobody yet.
 */
import { Schema } from "effect"

const Micros = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_147_483_647 }))
const Bytes = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_147_483_647 }))

/** The most certificates of a chain that are kept, the target's own first. */
export const chainLengthMax = 5

/** The most names of a certificate that are kept. */
export const certificateNamesMax = 20

/** The most header fields of an answer that are kept, and the longest value of one, in UTF-16 units. */
export const headersMax = 16
export const headerLengthMax = 256

/** The longest URL that is kept, in UTF-16 units. */
export const urlLengthMax = 512

/** The most DNS records of an answer that are kept, and the longest text of one, in UTF-16 units: a DKIM key fits. */
export const dnsAnswersMax = 32
export const dnsAnswerLengthMax = 1_024

/** The longest piece of a body that is kept of a failure, in UTF-16 units. */
export const excerptLengthMax = 2_048

/** Where the time of a run went, in whole microseconds; a phase that did not happen is 0. Phases add up to the total. */
export const Phases = Schema.Struct({
  dnsUs: Micros,
  connectUs: Micros,
  tlsUs: Micros,
  ttfbUs: Micros,
  downloadUs: Micros
}).annotate({ identifier: "Phases" })
export type Phases = typeof Phases.Type

/** The names of the phases in the order in which they happen. */
export const phaseNames = ["dns", "connect", "tls", "ttfb", "download"] as const
export type PhaseName = (typeof phaseNames)[number]

/** The phases of a run in which nothing happened. */
export const noPhases: Phases = { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 }

/** The summary of one certificate. `names` are its alternative names, `keyType` like `EC P-256` or `RSA 2048`. */
export const Certificate = Schema.Struct({
  subject: Schema.String,
  names: Schema.Array(Schema.String).check(Schema.isMaxLength(certificateNamesMax)),
  issuer: Schema.String,
  validFrom: Schema.DateTimeUtcFromString,
  validTo: Schema.DateTimeUtcFromString,
  keyType: Schema.String,
  fingerprint256: Schema.String
}).annotate({ identifier: "Certificate" })
export type Certificate = typeof Certificate.Type

/** What a TLS handshake agreed on, and the chain that the target presented: its own certificate first. */
export const Tls = Schema.Struct({
  version: Schema.String.check(Schema.isMaxLength(32)),
  cipher: Schema.String.check(Schema.isMaxLength(64)),
  chain: Schema.Array(Certificate).check(Schema.isMaxLength(chainLengthMax))
}).annotate({ identifier: "Tls" })
export type Tls = typeof Tls.Type

/** One request of a run that was redirected: the last hop is the one whose answer was judged. */
export const Hop = Schema.Struct({
  url: Schema.String.check(Schema.isMaxLength(urlLengthMax)),
  address: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64))),
  statusCode: Schema.optionalKey(Schema.Int),
  totalUs: Micros,
  phases: Phases
}).annotate({ identifier: "Hop" })
export type Hop = typeof Hop.Type

/** One DNS record: `data` is written as in a zone file (`10 mail.example.com.` for MX). */
export const DnsAnswer = Schema.Struct({
  type: Schema.String.check(Schema.isMaxLength(16)),
  data: Schema.String.check(Schema.isMaxLength(dnsAnswerLengthMax)),
  ttlS: Schema.Int
}).annotate({ identifier: "DnsAnswer" })
export type DnsAnswer = typeof DnsAnswer.Type

/** An answer of a name server: `rcode` is the response code as IANA names it (`NOERROR`, `NXDOMAIN`). */
export const Dns = Schema.Struct({
  server: Schema.String.check(Schema.isMaxLength(64)),
  rcode: Schema.String.check(Schema.isMaxLength(16)),
  answers: Schema.Array(DnsAnswer).check(Schema.isMaxLength(dnsAnswersMax))
}).annotate({ identifier: "Dns" })
export type Dns = typeof Dns.Type

/**
 * Raw facts of one attempt. `totalUs` runs from before DNS to the last byte read. What follows exists where the check
 * type has it: `sizeBytes` counts the decoded body, `wireBytes` the same as it travelled; `redirectTarget` is where the
 * last redirect led or would have led; `headers` are a selection; `hops` are there when there were redirects; `excerpt`
 * is the beginning of the body, and only of what failed. `detail` is the check type's own, a few hundred bytes of JSON.
 */
export const Observation = Schema.Struct({
  totalUs: Micros,
  phases: Phases,
  statusCode: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 }))),
  sizeBytes: Schema.optionalKey(Bytes),
  wireBytes: Schema.optionalKey(Bytes),
  address: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64))),
  family: Schema.optionalKey(Schema.Literals(["ipv4", "ipv6"])),
  protocol: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(32))),
  redirects: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
  redirectTarget: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(urlLengthMax))),
  truncated: Schema.optionalKey(Schema.Boolean),
  headers: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(headerLengthMax))).check(
      Schema.isMaxProperties(headersMax)
    )
  ),
  tls: Schema.optionalKey(Tls),
  hops: Schema.optionalKey(Schema.Array(Hop)),
  dns: Schema.optionalKey(Dns),
  excerpt: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(excerptLengthMax))),
  detail: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
}).annotate({ identifier: "Observation" })
export type Observation = typeof Observation.Type

/**
 * What is looked at on the worker and never leaves it: all header fields of an answer by lower-case name (repeated ones
 * joined by a comma and a space), the body as text, and the first text of a server that speaks first.
 */
export const Content = Schema.Struct({
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  body: Schema.optionalKey(Schema.String),
  banner: Schema.optionalKey(Schema.String)
})
export type Content = typeof Content.Type

/** An observation with the content that assertions look at. A plain observation is one without content. */
export const Observed = Schema.Struct({ ...Observation.fields, content: Schema.optionalKey(Content) })
export type Observed = typeof Observed.Type
