/**
 * The keys that seal secrets of specs: a ring, the first of which seals, all of which open.
 *
 * As text, one a line: `<id>:<32 bytes in base64>`. Lines that are empty or begin with `#` are skipped.
 */
import { Effect, Schema } from "effect"
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto"

/** The key material can't be used; the message says what to do and never repeats it. */
export class SecretKeysInvalid extends Schema.TaggedError<SecretKeysInvalid>()("SecretKeysInvalid", {
  message: Schema.String
}) {}

/** One key. The material is inside a `KeyObject`, which nothing prints. */
export interface SecretKey {
  readonly id: string
  readonly key: KeyObject
}

/** A key ring. The first key is the current one; without any, nothing can be sealed or opened. */
export type SecretKeys = ReadonlyArray<SecretKey>

/** The length of a key in bytes: AES-256. */
export const keyBytes = 32

/** How a key is made by hand, for messages. */
export const howToMakeOne = "make a line with: openseer secrets new-key"

/**
 * Reads a key ring. Fails with {@link SecretKeysInvalid}, which names the line.
 *
 * @example
 * ```ts
 * import { SecretKeys } from "@openseer/server"
 *
 * const keys = SecretKeys.parse(SecretKeys.newLine())
 * ```
 */
export const parse = (text: string): Effect.Effect<SecretKeys, SecretKeysInvalid> =>
  Effect.gen(function* () {
    const keys: Array<SecretKey> = []
    for (const [index, raw] of text.split("\n").entries()) {
      const line = raw.trim()
      if (line === "" || line.startsWith("#")) continue
      const [, id, material] = /^([0-9A-Za-z_-]{1,32}):([0-9A-Za-z+/]{43}=)$/.exec(line) ?? []
      const bytes = Buffer.from(material ?? "", "base64")
      if (id === undefined || bytes.length !== keyBytes || bytes.toString("base64") !== material) {
        return yield* invalid(index, `must be <id>:<${keyBytes} bytes in base64>, the id of letters, digits, _ and -`)
      }
      if (keys.some((key) => key.id === id)) return yield* invalid(index, `the id ${id} is there twice`)
      keys.push({ id, key: createSecretKey(bytes) })
    }
    if (keys.length === 0) return yield* new SecretKeysInvalid({ message: `there is no key: ${howToMakeOne}` })
    return keys
  })

const invalid = (index: number, what: string) =>
  new SecretKeysInvalid({ message: `line ${index + 1}: ${what}; ${howToMakeOne}` })

/** A new key as a line of a key file. The id is random: two keys of different files are never taken for each other. */
export const newLine = (): string => `k-${randomBytes(6).toString("hex")}:${randomBytes(keyBytes).toString("base64")}`
