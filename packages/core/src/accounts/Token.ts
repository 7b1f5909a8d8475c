/**
 * The form of OpenSeer's tokens: a prefix that says what it is for, 30 random base62 characters (178 bits) and 6
 * characters of checksum, so that a typo is refused without asking the database and secret scanners can tell a real one.
 */

/**
 * What a token is for: `osk` API key, `osen` enrollment token, `ostk` worker token, `oshb` ping URL of a heartbeat,
 * `osset` setup link, `osinv` link of an invitation.
 */
export const tokenPrefixes = ["osk", "osen", "ostk", "oshb", "osset", "osinv"] as const
export type TokenPrefix = (typeof tokenPrefixes)[number]

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const bodyLength = 30
const checksumLength = 6

/**
 * A token from random bytes: at least 40 bytes from a cryptographic source.
 *
 * Bytes of 248 and more are skipped, so that every character is equally likely.
 */
export const fromBytes = (prefix: TokenPrefix, bytes: Uint8Array): string => {
  const body = Array.from(bytes)
    .filter((byte) => byte < 248)
    .slice(0, bodyLength)
    .map((byte) => alphabet[byte % 62])
    .join("")
  if (body.length < bodyLength) throw new RangeError(`a token needs more than ${bytes.length} random bytes`)
  return `${prefix}_${body}${checksum(prefix, body)}`
}

/** Whether a text has the form and the checksum of a token with this prefix. Says nothing about who issued it. */
export const isWellFormed = (prefix: TokenPrefix, token: string): boolean => {
  if (!token.startsWith(`${prefix}_`)) return false
  const text = token.slice(prefix.length + 1)
  const body = text.slice(0, bodyLength)
  return (
    text.length === bodyLength + checksumLength &&
    /^[0-9A-Za-z]+$/.test(text) &&
    text.slice(bodyLength) === checksum(prefix, body)
  )
}

/** What lists may show of a token: its prefix and first four characters, `osk_aB3x…`. */
export const displayed = (token: string): string => `${token.slice(0, token.indexOf("_") + 5)}…`

/** CRC-32 (ISO-HDLC, as in zlib) of prefix and body, in base62. */
const checksum = (prefix: string, body: string): string => {
  let crc = 0xffff_ffff
  for (const char of `${prefix}_${body}`) {
    crc ^= char.charCodeAt(0)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
  }
  let rest = (crc ^ 0xffff_ffff) >>> 0
  let text = ""
  for (let i = 0; i < checksumLength; i++) {
    text = alphabet[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}
