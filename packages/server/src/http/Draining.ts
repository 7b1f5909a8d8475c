/**
 * Says to requests that would go on for ever that the server is about to end.
 */
import { Context, Latch } from "effect"

/** Opens when the server stops: whatever has no end of its own ends then. Stays closed where nobody opens it. */
export const Draining = Context.Reference<Latch.Latch>("@openseer/server/Draining", {
  defaultValue: () => Latch.makeUnsafe()
})
