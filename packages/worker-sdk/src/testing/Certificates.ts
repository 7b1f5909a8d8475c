/**
 * Certificates for tests: an authority of one's own, and what it issues. Written out in DER, which needs neither
 * `openssl` nor a library.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto"

/** What a TLS server needs, in PEM. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** An authority: its certificate in PEM, for those who shall trust it, and its hand. */
export interface Authority {
  readonly ca: string
  /**
   * A certificate for these names and IPv4 addresses, of servers and clients alike. Valid from a day ago for two days;
   * until `validTo`, from a day before; or from `validFrom` on for a day.
   */
  readonly issue: (options: {
    readonly names?: ReadonlyArray<string>
    readonly addresses?: ReadonlyArray<string>
    readonly validFrom?: Date
    readonly validTo?: Date
  }) => KeyPair
}

/**
 * A new authority. Each has keys of its own: nobody trusts it but who is given its certificate. Who trusts several
 * finds them by name, so that they need different ones.
 */
export const makeAuthority = (issuer = "OpenSeer Test Authority"): Authority => {
  const own = newKeys()
  const isAuthority = extension(basicConstraints, sequence(tlv(0x01, Buffer.from([0xff]))))
  const validTo = new Date(Date.now() + dayMs)
  return {
    ca: certify({
      issuer,
      signer: own.privateKey,
      subject: issuer,
      publicKey: own.publicKey,
      validTo,
      extension: isAuthority
    }),
    issue: ({
      addresses = [],
      names = [],
      validFrom,
      validTo: until = validFrom === undefined ? validTo : new Date(validFrom.getTime() + dayMs)
    }) => {
      const keys = newKeys()
      const alternatives = extension(
        subjectAltName,
        sequence(
          ...names.map((name) => tlv(0x82, Buffer.from(name, "latin1"))),
          ...addresses.map((address) => tlv(0x87, Buffer.from(address.split(".").map(Number))))
        )
      )
      return {
        key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        cert: certify({
          issuer,
          signer: own.privateKey,
          subject: names[0] ?? addresses[0] ?? "nobody",
          publicKey: keys.publicKey,
          ...(validFrom === undefined ? {} : { validFrom }),
          validTo: until,
          extension: alternatives
        })
      }
    }
  }
}

const dayMs = 86_400_000

let serial = 0

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" })

/** RFC 5280 section 4.1. */
const certify = (options: {
  readonly issuer: string
  readonly signer: KeyObject
  readonly subject: string
  readonly publicKey: KeyObject
  readonly validFrom?: Date
  readonly validTo: Date
  readonly extension: Buffer
}): string => {
  const notBefore = options.validFrom ?? new Date(Math.min(Date.now(), options.validTo.getTime()) - dayMs)
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1, ++serial])),
    ecdsaWithSha256,
    commonName(options.issuer),
    sequence(utcTime(notBefore), utcTime(options.validTo)),
    commonName(options.subject),
    options.publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(options.extension))
  )
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", body, options.signer)])
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, signature))
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`
}

const tlv = (tag: number, ...contents: ReadonlyArray<Buffer>): Buffer => {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...contents: ReadonlyArray<Buffer>): Buffer => tlv(0x30, ...contents)

const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"))

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const basicConstraints = oid("551d13")
const subjectAltName = oid("551d11")

const commonName = (name: string): Buffer =>
  sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from(name, "utf8")))))

const extension = (id: Buffer, value: Buffer): Buffer => sequence(id, tlv(0x04, value))

/** `YYMMDDhhmmssZ`. */
const utcTime = (at: Date): Buffer =>
  tlv(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`, "latin1"))
