/**
 * Specs as they are stored, with their secrets sealed: what is shown of them, and what a worker gets.
 */
import { Secret } from "@openseer/core"
import { Option, type Schema } from "effect"
import { keyIdOf, type SecretBox, type SpecOwner } from "./SecretBox.ts"

/** A spec with its secrets clear, or with none of them when one can't be opened. */
export interface OpenedSpec {
  readonly spec: Schema.Json
  /** The ids of the keys that are missing, or that sealed something else. */
  readonly missing: ReadonlyArray<string>
}

/** A stored spec as anybody may see it: `{ "secret": "***" }` in place of each secret. */
export const masked = (spec: Schema.Json): Schema.Json => Secret.replace(spec, () => ({ secret: Secret.mask }))

/**
 * A stored spec as the worker that holds the lease gets it. When one secret can't be opened it gets none: each stands
 * there as `{ "sealed": "<key id>" }`, which no spec accepts and of which a worker makes an `error`.
 */
export const opened = (box: SecretBox["Service"], owner: SpecOwner, stored: Schema.Json): OpenedSpec => {
  const missing = new Set<string>()
  const spec = Secret.replace(stored, ({ path, value }) => {
    if ("secret" in value) return value
    const secret = box.open(owner, path, value.sealed)
    if (Option.isNone(secret)) missing.add(keyIdOf(value.sealed))
    return Option.match(secret, { onNone: () => null, onSome: (text) => ({ secret: text }) })
  })
  return missing.size === 0
    ? { spec, missing: [] }
    : {
        spec: Secret.replace(stored, ({ value }) => ({ sealed: "sealed" in value ? keyIdOf(value.sealed) : "clear" })),
        missing: [...missing]
      }
}
