/**
 * What is kept of a certificate that a target presented.
 */
import type { Observation } from "@openseer/core"
import { DateTime } from "effect"
import type { X509Certificate } from "node:crypto"

/** The longest subject and issuer that are kept, in UTF-16 units. */
const nameLengthMax = 200

/** How many summaries are remembered: a target presents the same certificate for months. */
const rememberedMax = 1_000

const remembered = new Map<string, Observation.Certificate>()

/** The summary of a certificate. Parsing the names and dates is done once a certificate. */
export const of = (certificate: X509Certificate): Observation.Certificate => {
  const { fingerprint256 } = certificate
  const known = remembered.get(fingerprint256)
  if (known !== undefined) return known
  const summary = {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validFrom: DateTime.fromDateUnsafe(certificate.validFromDate),
    validTo: DateTime.fromDateUnsafe(certificate.validToDate),
    fingerprint256
  }
  if (remembered.size >= rememberedMax) remembered.clear()
  remembered.set(fingerprint256, summary)
  return summary
}

/** The common name if there is one, or all parts. A certificate may have no subject but alternative names. */
const nameOf = (parts: string | undefined): string => {
  const lines = (parts ?? "").split("\n")
  const name = lines.find((line) => line.startsWith("CN="))?.slice(3) ?? lines.join(", ")
  return name.slice(0, nameLengthMax).toWellFormed()
}
