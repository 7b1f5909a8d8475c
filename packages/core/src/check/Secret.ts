/**
 * A value of a spec that nobody may read again: a password, a token, a private key.
 *
 * Wherever a spec holds `{ "secret": "…" }`, the control plane encrypts the value at rest, never tells it, and hands it
 * only to the worker that holds the lease. Whoever changes a spec and leaves `{ "secret": "***" }` in its place keeps
 * what is stored.
 */
import { Redacted, Schema } from "effect"
import * as Substring from "./Substring.ts"

/** The longest secret, in UTF-16 units: a private key with its chain fits. */
export const secretLengthMax = 16_384

/** What the API shows instead of a secret, and what keeps the stored one in a change. */
export const mask = "***"

/** A secret in a spec: `{ "secret": "…" }`. Decoded, its value is a `Redacted`, which no log prints. */
export const Secret = Schema.Struct({
  secret: Schema.RedactedFromValue(
    Schema.String.check(
      Schema.isMinLength(1, { message: "must not be empty" }),
      Schema.isMaxLength(secretLengthMax, { message: `must have at most ${secretLengthMax} characters` })
    )
  )
}).annotate({
  identifier: "Secret",
  description: "A value that is encrypted at rest and never shown again; *** keeps the stored one in a change"
})
export type Secret = typeof Secret.Type

/** A text or a secret, where a spec may hold either. */
export type TextOrSecret = string | Secret

/** The text of either. For the moment of use: nothing that holds it may be logged. */
export const reveal = (value: TextOrSecret): string =>
  typeof value === "string" ? value : Redacted.value(value.secret)

/** Whether a JSON value stands for a secret: an object with the one member `secret`, which is a text. */
export const isSecret = (value: unknown): value is { readonly secret: string } =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === 1 &&
  "secret" in value &&
  typeof value.secret === "string"

/**
 * Whether a JSON value stands for a secret that is encrypted: an object with the one member `sealed`, which is a text.
 * That is how secrets are stored, and how one arrives at a worker that the control plane could not open; the text then
 * names the key. Nobody may write one.
 */
export const isSealed = (value: unknown): value is { readonly sealed: string } =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === 1 &&
  "sealed" in value &&
  typeof value.sealed === "string"

/** A secret in an encoded spec, clear or sealed, with the names and indices that lead to it. */
export interface Place {
  readonly path: ReadonlyArray<string>
  readonly value: { readonly secret: string } | { readonly sealed: string }
}

/** An encoded spec with each secret in it, clear or sealed, replaced. */
export const replace = (spec: Schema.Json, by: (place: Place) => Schema.Json): Schema.Json => {
  const walk = (value: Schema.Json, path: ReadonlyArray<string>): Schema.Json => {
    if (isSecret(value) || isSealed(value)) return by({ path, value })
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map((item: Schema.Json, index) => walk(item, [...path, String(index)]))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]))
  }
  return walk(spec, [])
}

/** All secrets in an encoded spec, clear or sealed, with where they are. */
export const placesIn = (spec: Schema.Json): ReadonlyArray<Place> => {
  const found: Array<Place> = []
  replace(spec, (place) => {
    found.push(place)
    return null
  })
  return found
}

/** The secrets in an encoded spec that are not sealed, each once. */
export const valuesIn = (spec: unknown): ReadonlyArray<string> => {
  const found = new Set<string>()
  const walk = (value: unknown): void => {
    if (isSecret(value)) found.add(value.secret)
    else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) walk(item)
  }
  walk(spec)
  return [...found]
}

/** What is shorter is taken out only where it stands alone: any text has an `a` that is no secret. */
const redactedLengthMin = 4

/**
 * A function that takes secrets out of a text, whole or as they are usually written elsewhere: percent-encoded, as in
 * forms, in base64 (also as the password of basic authentication), or inside JSON. A secret of less than four characters
 * is taken out as a word, not inside of others: a mask in the middle of a word would tell what it hides.
 *
 * @example
 * ```ts
 * import { Secret } from "@openseer/core"
 *
 * const redact = Secret.redactor(["hunter2"])
 * redact("no user hunter2") // "no user ***"
 * ```
 */
export const redactor = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].filter((spelling) => spelling !== "")
  // The longest first: a secret may be part of another.
  spellings.sort((a, b) => b.length - a.length)
  const masks = spellings.map(maskOf)
  return (text) => masks.reduce((cleaned, masked) => masked(cleaned), text)
}

/** What puts the mask in the place of one spelling. */
const maskOf = (spelling: string): ((text: string) => string) => {
  if (spelling.length < redactedLengthMin) {
    const literal = spelling.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    const word = new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, "gu")
    return (text) => text.replace(word, mask)
  }
  const search = Substring.searchFor(spelling)
  return (text) => Substring.replaceAll(text, search, spelling.length, mask)
}

const spellingsOf = (secret: string): ReadonlyArray<string> => {
  const wellFormed = secret.toWellFormed()
  const percentEncoded = encodeURIComponent(wellFormed)
  const base64 = toBase64(wellFormed)
  return [
    secret,
    percentEncoded,
    inForm(percentEncoded),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replace(/=+$/, "")
  ]
}

/** As `URLSearchParams` writes it, and so does an `http` check. */
const inForm = (percentEncoded: string): string =>
  percentEncoded
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const toBase64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""))
