/**
 * What PostgreSQL's text and jsonb can hold of what a target sent.
 */
import type { Schema } from "effect"

/** The same value with NUL and halves of surrogate pairs replaced, in texts and in names of members. */
export const storable = <A extends Schema.Json>(value: A): A => clean(value) as A

const clean = (value: Schema.Json): Schema.Json => {
  if (typeof value === "string") return value.replaceAll("\0", "\u{fffd}").toWellFormed()
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [clean(name) as string, clean(item)]))
}
