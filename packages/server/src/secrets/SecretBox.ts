/**
 * Seals secrets of specs and of users and opens them: AES-256-GCM with a random nonce of 96 bits.
 *
 * What is sealed is bound to its place, the organization, the monitor and the path in its spec, or the user: moved
 * anywhere else, it does not open. Stored as `v1.<key id>.<nonce>.<ciphertext and tag>`, the latter two in base64url.
 */
import { Context, Layer, Option } from "effect"
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto"
import type { SecretKeys } from "./SecretKeys.ts"

/** Whose spec it is. Identifiers and not keys of rows: a copy of the database keeps them. */
export interface SpecOwner {
  readonly organizationId: string
  readonly monitorId: string
}

/** Whose own secret it is. */
export interface UserOwner {
  readonly userId: string
}

/** Seals and opens. */
export class SecretBox extends Context.Service<
  SecretBox,
  {
    /** The ids of the keys, the one that seals first. */
    readonly keyIds: ReadonlyArray<string>
    /** Seals a secret for one place with the current key; none without keys. Twice the same gives two different texts. */
    readonly seal: (owner: SpecOwner | UserOwner, path: ReadonlyArray<string>, secret: string) => Option.Option<string>
    /** Opens what was sealed for this place; none when the key is unknown, or the place or a byte is another. */
    readonly open: (owner: SpecOwner | UserOwner, path: ReadonlyArray<string>, sealed: string) => Option.Option<string>
  }
>()("@openseer/server/SecretBox") {
  /** With the keys of a ring. Without any, nothing is sealed or opened. */
  static readonly layer = (keys: SecretKeys = []): Layer.Layer<SecretBox> => Layer.succeed(SecretBox, make(keys))
}

const form = "v1"
const nonceBytes = 12
const tagBytes = 16

/** The id of the key that sealed a text; `unknown` when it is not one of ours. */
export const keyIdOf = (sealed: string): string => /^v1\.([0-9A-Za-z_-]{1,32})\./.exec(sealed)?.[1] ?? "unknown"

const make = (keys: SecretKeys): SecretBox["Service"] => {
  const byId = new Map(keys.map(({ id, key }) => [id, key]))
  const [current] = keys
  return SecretBox.of({
    keyIds: keys.map(({ id }) => id),
    seal: (owner, path, secret) =>
      current === undefined
        ? Option.none()
        : Option.some([form, current.id, ...encrypt(current.key, placeOf(owner, path), secret)].join(".")),
    open: (owner, path, sealed) => {
      const [version, id, nonce, ciphertext, ...more] = sealed.split(".")
      const key = byId.get(id ?? "")
      if (version !== form || key === undefined || nonce === undefined || ciphertext === undefined || more.length > 0) {
        return Option.none()
      }
      return decrypt(key, placeOf(owner, path), Buffer.from(nonce, "base64url"), Buffer.from(ciphertext, "base64url"))
    }
  })
}

/** The place as bytes that no other place has: JSON, since identifiers and names may hold any separator. */
const placeOf = (owner: SpecOwner | UserOwner, path: ReadonlyArray<string>): Buffer =>
  Buffer.from(
    JSON.stringify(
      "userId" in owner
        ? [form, { user: owner.userId }, ...path]
        : [form, owner.organizationId, owner.monitorId, ...path]
    )
  )

const encrypt = (key: KeyObject, place: Buffer, secret: string): readonly [nonce: string, ciphertext: string] => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(place)
  const ciphertext = Buffer.concat([cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()])
  return [nonce.toString("base64url"), ciphertext.toString("base64url")]
}

const decrypt = (key: KeyObject, place: Buffer, nonce: Buffer, ciphertext: Buffer): Option.Option<string> => {
  if (nonce.length !== nonceBytes || ciphertext.length < tagBytes) return Option.none()
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes })
    .setAAD(place)
    .setAuthTag(ciphertext.subarray(-tagBytes))
  return Option.liftThrowable(() =>
    Buffer.concat([decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final()]).toString("utf8")
  )()
}
