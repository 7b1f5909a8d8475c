/**
 * Header fields and credentials that a check sends.
 */
import { Schema } from "effect"
import { reveal, Secret, type TextOrSecret } from "./Secret.ts"

/** The most header fields of a spec, and the longest value of one, in characters. */
export const headersMax = 32
export const headerLengthMax = 4_096

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

/** RFC 9110 section 5.5, without obs-text: what Node would refuse to send. */
const sendable = /^[\t\x20-\x7e]*$/

const headersProblem = (headers: { readonly [name: string]: TextOrSecret }): string | true => {
  const entries = Object.entries(headers)
  if (entries.length > headersMax) return `must have at most ${headersMax} headers`
  for (const [name, value] of entries) {
    // RFC 9110 section 5.6.2: a field name is a token.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) return `${JSON.stringify(name)} is not a header name`
    if (ownHeaders.has(name.toLowerCase())) return `${name} is set by the check itself`
    const text = reveal(value)
    if (text.length > headerLengthMax) return `the value of ${name} must have at most ${headerLengthMax} characters`
    if (!sendable.test(text)) return `the value of ${name} must be printable ASCII`
  }
  return true
}

/** Header fields by name, at most 32. A value is a text of printable ASCII, or a secret of the same. */
export const HttpHeaders = Schema.Record(Schema.String, Schema.Union([Schema.String, Secret]))
  .check(Schema.makeFilter(headersProblem))
  .annotate({ identifier: "HttpHeaders" })
  // What is encoded is another schema, since secrets are: documents and forms show that one.
  .pipe(Schema.annotateEncoded({ description: 'Header fields by name; a value is a text or { "secret": "…" }' }))
export type HttpHeaders = typeof HttpHeaders.Type

const UserName = Schema.String.check(
  // RFC 7617 section 2: the first colon ends the name.
  Schema.isPattern(/^[^:\p{Cc}]*$/u, { message: "must not hold a colon or control characters" }),
  Schema.isMaxLength(256)
)

/** A user name with its password, as basic authentication (RFC 7617) sends them. */
export const BasicCredentials = Schema.Struct({ username: UserName, password: Secret }).annotate({
  identifier: "BasicCredentials"
})
export type BasicCredentials = typeof BasicCredentials.Type

/** Basic (RFC 7617) or bearer (RFC 6750) authentication. */
export const HttpAuth = Schema.Union([
  Schema.Struct({ basic: BasicCredentials }),
  Schema.Struct({
    bearer: Secret.check(
      Schema.makeFilter(
        (token) => /^[\x21-\x7e]+$/.test(reveal(token)) || "must be printable ASCII without spaces, and without Bearer"
      )
    )
  })
]).annotate({ identifier: "HttpAuth", description: "Basic or bearer authentication" })
export type HttpAuth = typeof HttpAuth.Type

/** The value of the `Authorization` header. For the moment of use: nothing that holds it may be logged. */
export const authorization = (auth: HttpAuth): string =>
  "bearer" in auth ? `Bearer ${reveal(auth.bearer)}` : `Basic ${basicToken(auth.basic)}`

/** `user:password` in base64, in UTF-8. */
export const basicToken = ({ password, username }: BasicCredentials): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${reveal(password)}`)))
