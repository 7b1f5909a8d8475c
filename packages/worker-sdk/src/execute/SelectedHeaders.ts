/**
 * The header fields of an answer that an observation keeps: what tells who answered, from where, and how fresh it is.
 */
import { Observation } from "@openseer/core"

/** Their names. Never `set-cookie`, which is a credential. Sixteen, as many as an observation may hold. */
export const selectedHeaders: ReadonlySet<string> = new Set([
  "age",
  "cache-control",
  "cf-ray",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "etag",
  "last-modified",
  "location",
  "retry-after",
  "server",
  "strict-transport-security",
  "via",
  "x-cache",
  "x-request-id"
])

/** The selection, by lower-case name; repeated fields are joined, and long values redacted and cut. */
export const of = (
  rawHeaders: ReadonlyArray<string>,
  redact: (text: string) => string
): { readonly [name: string]: string } => {
  const selected: { [name: string]: string } = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (!selectedHeaders.has(name)) continue
    const value = rawHeaders[i + 1]!
    const earlier = selected[name]
    selected[name] = cut(earlier === undefined ? value : `${earlier}, ${value}`, redact)
  }
  return selected
}

const cut = (value: string, redact: (text: string) => string): string =>
  value.length <= Observation.headerLengthMax
    ? value
    : redact(value).slice(0, Observation.headerLengthMax).toWellFormed()
