/**
 * The built-in `http` check type: one request, one attempt, a fresh connection.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"

/** The request methods that a monitor may use. */
export const HttpMethod = Schema.Literals(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
export type HttpMethod = typeof HttpMethod.Type

/** The longest URL of a monitor, in UTF-16 units. */
export const urlLengthMax = 2_048

const urlProblem = (text: string): string | true => {
  if (!URL.canParse(text)) return "must be an absolute URL like https://example.com/health"
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:") return "must start with http:// or https://"
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password; use a header"
  if (url.hash !== "") return "must not have a fragment (#…), which is never sent to a server"
  if (url.port === "0") return "must not use port 0"
  return true
}

/** An absolute http or https URL without user name, password and fragment. */
export const HttpUrl = Schema.String.check(Schema.isMaxLength(urlLengthMax), Schema.makeFilter(urlProblem)).annotate({
  identifier: "HttpUrl",
  description: "An absolute http or https URL without user name, password and fragment"
})

/** Headers that belong to the connection or are made from the request itself. */
const ownHeaders = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "expect"
])

const headersProblem = (headers: { readonly [name: string]: string }): string | true => {
  const entries = Object.entries(headers)
  if (entries.length > 32) return "must have at most 32 headers"
  for (const [name, value] of entries) {
    // RFC 9110 section 5.6.2: a field name is a token.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) return `${JSON.stringify(name)} is not a header name`
    if (ownHeaders.has(name.toLowerCase())) return `${name} is set by the check itself`
    if (value.length > 4_096) return `the value of ${name} must have at most 4096 characters`
    // RFC 9110 section 5.5, without obs-text: what Node would refuse to send.
    if (!/^[\t\x20-\x7e]*$/.test(value)) return `the value of ${name} must be printable ASCII`
  }
  return true
}

/** Request headers by name, at most 32, each value at most 4096 printable ASCII characters. */
export const HttpHeaders = Schema.Record(Schema.String, Schema.String)
  .check(Schema.makeFilter(headersProblem))
  .annotate({ identifier: "HttpHeaders" })

/** What an `http` check requests. `redirectsMax` 0 judges the redirect itself. */
export const HttpSpec = Schema.Struct({
  url: HttpUrl,
  method: HttpMethod.pipe(Schema.withDecodingDefaultKey(Effect.succeed("GET" as const))),
  headers: HttpHeaders.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  body: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(16_384))),
  redirectsMax: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(5))
  )
}).annotate({ identifier: "HttpSpec" })
export type HttpSpec = typeof HttpSpec.Type

/** The `http` check type. Without assertions of its own, a monitor is up when the status is 200 to 399. */
export const HttpCheck = CheckType.make({
  kind: "http",
  version: 1,
  spec: HttpSpec,
  target: (spec) => spec.url,
  defaultAssertions: [{ source: "status", comparison: "between", expected: [200, 399], severity: "down" }]
})
