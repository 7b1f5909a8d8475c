/**
 * Public identifiers: a prefix that says what is named and 20 random base62 characters (119 bits), never a number that
 * tells how many there are.
 */
import { Schema } from "effect"

/**
 * What an identifier names: organization, monitor, worker, API key, enrollment token, request to run now, user, session,
 * invitation.
 */
export const idPrefixes = ["org", "mon", "wrk", "key", "ent", "req", "usr", "ses", "inv"] as const
export type IdPrefix = (typeof idPrefixes)[number]

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const bodyLength = 20

/**
 * An identifier from random bytes: at least 32 bytes from a cryptographic source.
 *
 * Bytes of 248 and more are skipped, so that every character is equally likely.
 */
export const fromBytes = (prefix: IdPrefix, bytes: Uint8Array): string => {
  const body = Array.from(bytes)
    .filter((byte) => byte < 248)
    .slice(0, bodyLength)
    .map((byte) => alphabet[byte % 62])
    .join("")
  if (body.length < bodyLength) throw new RangeError(`an identifier needs more than ${bytes.length} random bytes`)
  return `${prefix}_${body}`
}

const id = (prefix: IdPrefix, identifier: string) =>
  Schema.String.check(Schema.isPattern(new RegExp(`^${prefix}_[0-9A-Za-z]{${bodyLength}}$`))).annotate({ identifier })

/** The identifier of a monitor, `mon_…`. */
export const MonitorId = id("mon", "MonitorId")
export type MonitorId = typeof MonitorId.Type

/** The identifier of a worker, `wrk_…`. */
export const WorkerId = id("wrk", "WorkerId")
export type WorkerId = typeof WorkerId.Type

/** The identifier of an API key, `key_…`: names it, and is no secret. */
export const ApiKeyId = id("key", "ApiKeyId")
export type ApiKeyId = typeof ApiKeyId.Type

/** The identifier of an enrollment token, `ent_…`: names it, and is no secret. */
export const EnrollmentTokenId = id("ent", "EnrollmentTokenId")
export type EnrollmentTokenId = typeof EnrollmentTokenId.Type

/** The identifier of an organization, `org_…`. */
export const OrganizationId = id("org", "OrganizationId")
export type OrganizationId = typeof OrganizationId.Type

/** The identifier of a user, `usr_…`. */
export const UserId = id("usr", "UserId")
export type UserId = typeof UserId.Type

/** The identifier of a session, `ses_…`: names it in lists, and is no secret. */
export const SessionId = id("ses", "SessionId")
export type SessionId = typeof SessionId.Type

/** The identifier of an invitation, `inv_…`: names it, and is no secret. */
export const InvitationId = id("inv", "InvitationId")
export type InvitationId = typeof InvitationId.Type
