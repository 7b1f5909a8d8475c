/**
 * What an executor saw: raw facts of one attempt, judged by nobody yet.
 */
import { Schema } from "effect"

const Micros = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_147_483_647 }))

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

/** The summary of the certificate that a target presented. */
export const Certificate = Schema.Struct({
  subject: Schema.String,
  issuer: Schema.String,
  validFrom: Schema.DateTimeUtcFromString,
  validTo: Schema.DateTimeUtcFromString,
  fingerprint256: Schema.String
}).annotate({ identifier: "Certificate" })
export type Certificate = typeof Certificate.Type

/**
 * Raw facts of one attempt. `totalUs` runs from before DNS to the last byte read. `statusCode` and what follows exist
 * where the check type has them; `detail` is the check type's own, at most a few hundred bytes of JSON.
 */
export const Observation = Schema.Struct({
  totalUs: Micros,
  phases: Phases,
  statusCode: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 }))),
  sizeBytes: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_147_483_647 }))),
  address: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64))),
  protocol: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(32))),
  redirects: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
  truncated: Schema.optionalKey(Schema.Boolean),
  certificate: Schema.optionalKey(Certificate),
  detail: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
}).annotate({ identifier: "Observation" })
export type Observation = typeof Observation.Type
