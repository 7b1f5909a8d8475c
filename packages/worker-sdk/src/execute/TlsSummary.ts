/**
 * What is kept of a TLS handshake: what it agreed on, and the certificates that the target presented.
 */
import { Observation } from "@openseer/core"
import { DateTime } from "effect"
import type { X509Certificate } from "node:crypto"
import type { TLSSocket } from "node:tls"

/** The longest subject, issuer and name that are kept, in UTF-16 units. */
const nameLengthMax = 200

/** How many chains are remembered: a target presents the same certificates for months. */
const rememberedMax = 1_000

const remembered = new Map<string, ReadonlyArray<Observation.Certificate>>()

/** The summary of a finished handshake. Parsing names and dates is done once for each certificate of a target. */
export const of = (socket: TLSSocket, certificate: X509Certificate | undefined): Observation.Tls => ({
  version: socket.getProtocol() ?? "",
  cipher: socket.getCipher().standardName,
  chain: certificate === undefined ? [] : chainOf(certificate)
})

const chainOf = (certificate: X509Certificate): ReadonlyArray<Observation.Certificate> => {
  const { fingerprint256 } = certificate
  const known = remembered.get(fingerprint256)
  if (known !== undefined) return known
  const chain: Array<Observation.Certificate> = []
  let next: X509Certificate | undefined = certificate
  while (next !== undefined && chain.length < Observation.chainLengthMax) {
    chain.push(summaryOf(next))
    next = next.issuerCertificate
  }
  if (remembered.size >= rememberedMax) remembered.clear()
  remembered.set(fingerprint256, chain)
  return chain
}

const summaryOf = (certificate: X509Certificate): Observation.Certificate => ({
  subject: nameOf(certificate.subject),
  names: namesOf(certificate.subjectAltName),
  issuer: nameOf(certificate.issuer),
  validFrom: DateTime.fromDateUnsafe(certificate.validFromDate),
  validTo: DateTime.fromDateUnsafe(certificate.validToDate),
  keyType: keyTypeOf(certificate),
  fingerprint256: certificate.fingerprint256
})

/** The common name if there is one, or all parts. A certificate may have no subject but alternative names. */
const nameOf = (parts: string | undefined): string => {
  const lines = (parts ?? "").split("\n")
  return cut(lines.find((line) => line.startsWith("CN="))?.slice(3) ?? lines.join(", "))
}

/** `DNS:example.com, DNS:*.example.com, IP Address:192.0.2.1` without the prefixes. */
const namesOf = (alternatives: string | undefined): ReadonlyArray<string> =>
  (alternatives ?? "")
    .split(", ")
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
    .slice(0, Observation.certificateNamesMax)
    .map(cut)

const curves: { readonly [openssl: string]: string } = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }

/** `RSA 2048`, `EC P-256`, `ED25519`. A key of a kind that OpenSSL can't read has none. */
const keyTypeOf = (certificate: X509Certificate): string => {
  try {
    const { asymmetricKeyDetails: { modulusLength, namedCurve } = {}, asymmetricKeyType = "unknown" } =
      certificate.publicKey
    const size = namedCurve === undefined ? modulusLength : (curves[namedCurve] ?? namedCurve)
    return `${asymmetricKeyType.toUpperCase()}${size === undefined ? "" : ` ${size}`}`
  } catch {
    return "unknown"
  }
}

const cut = (text: string): string => text.slice(0, nameLengthMax).toWellFormed()
