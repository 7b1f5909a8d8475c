/**
 * New public identifiers, from the machine's random source.
 */
import { Id } from "@openseer/core"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"

/** A new public identifier of a kind, like `mon_…`. */
export const newId = (prefix: Id.IdPrefix): Effect.Effect<string> =>
  Effect.sync(() => Id.fromBytes(prefix, randomBytes(64)))
