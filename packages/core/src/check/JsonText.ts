/**
 * JSON that a target sent, read within bounds.
 */
import type { Schema } from "effect"

/** The longest text that is read as JSON, in UTF-16 units. */
export const jsonLengthMax = 1_048_576

/** How deep arrays and objects may be nested. */
export const jsonDepthMax = 64

/** The value of a JSON text, or why there is none. The value of `__proto__` in an object is a member like any other. */
export type JsonReading = { readonly value: Schema.Json } | { readonly problem: string }

/** Reads a text as JSON. */
export const read = (text: string): JsonReading => {
  if (text.length > jsonLengthMax) return { problem: `it is longer than ${jsonLengthMax} characters` }
  if (depthOf(text) > jsonDepthMax) return { problem: `it is nested more than ${jsonDepthMax} levels deep` }
  try {
    return { value: JSON.parse(text) as Schema.Json }
  } catch {
    // The engine's message quotes what it read.
    return { problem: text.trim() === "" ? "it is empty" : "it is not JSON" }
  }
}

const quote = 0x22
const backslash = 0x5c

/** How deep brackets are nested outside of texts; of what is not JSON, some number. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === quote) {
      for (i++; i < text.length; i++) {
        const inner = text.charCodeAt(i)
        if (inner === quote) break
        if (inner === backslash) i++
      }
    } else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > deepest) deepest = depth
    } else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return deepest
}
