/**
 * Secrets from the machine's random source, and the only form in which they are stored: SHA-256.
 */
import { Token } from "@openseer/core"
import { Effect, Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"

/** A new token: the text for its owner, shown once, and what is stored of it. */
export interface NewToken {
  readonly token: Redacted.Redacted
  readonly hash: string
  readonly display: string
}

/** The SHA-256 of a token in hexadecimal, as `decode(…, 'hex')` takes it. */
export const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex")

/** A new token of a kind. */
export const newToken = (prefix: Token.TokenPrefix): Effect.Effect<NewToken> =>
  Effect.sync(() => {
    // 30 characters need 30 of these below 248; that fewer are has a chance of 1e-30.
    const token = Token.fromBytes(prefix, randomBytes(64))
    return { token: Redacted.make(token), hash: hashOf(token), display: Token.displayed(token) }
  })
