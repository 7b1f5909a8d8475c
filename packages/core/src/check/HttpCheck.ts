/**
 * The built-in `http` check type: one request, one attempt, a fresh connection.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { IpFamily } from "./Host.ts"
import { BasicCredentials, HttpAuth, HttpHeaders } from "./HttpHeaders.ts"
import { Secret } from "./Secret.ts"
import { tlsDescription, TlsSettings, trustOf } from "./TlsSettings.ts"

/** The request methods that a monitor may use. */
export const HttpMethod = Schema.Literals(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
export type HttpMethod = typeof HttpMethod.Type

/** The longest URL of a monitor, in UTF-16 units. */
export const urlLengthMax = 2_048

/** The longest request body, in UTF-16 units. */
export const bodyLengthMax = 16_384

/** How much of a body is read when the spec says nothing, and the most that it may say, in bytes. */
export const bodyBytesDefault = 1_048_576
export const bodyBytesMax = 4_194_304

const urlProblem =
  (schemes: ReadonlyArray<string>) =>
  (text: string): string | true => {
    if (!URL.canParse(text)) return `must be an absolute URL like ${schemes.at(-1)}://example.com/health`
    const url = new URL(text)
    if (!schemes.includes(url.protocol.slice(0, -1))) {
      return `must start with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`
    }
    if (url.username !== "" || url.password !== "") return "must not hold a user name or password; use auth"
    if (url.hash !== "") return "must not have a fragment (#…), which is never sent to a server"
    if (url.port === "0") return "must not use port 0"
    return true
  }

/** An absolute URL of one of these schemes, without user name, password and fragment. */
export const UrlOf = (...schemes: ReadonlyArray<string>) =>
  Schema.String.check(Schema.makeFilter(urlProblem(schemes)), Schema.isMaxLength(urlLengthMax))

/** An absolute http or https URL without user name, password and fragment. */
export const HttpUrl = UrlOf("http", "https").annotate({
  identifier: "HttpUrl",
  description: "An absolute http or https URL without user name, password and fragment"
})

const Text = Schema.String.check(Schema.isMaxLength(bodyLengthMax))

/**
 * A request body: a text (sent as it is), a secret text, a JSON value (sent as `application/json`), or the fields of a
 * form (sent as `application/x-www-form-urlencoded`). A content type among the headers goes before.
 */
export const HttpBody = Schema.Union([
  Text,
  Secret,
  Schema.Struct({
    json: Schema.Json.check(
      Schema.makeFilter(
        (value) => JSON.stringify(value).length <= bodyLengthMax || `must have at most ${bodyLengthMax} characters`
      )
    )
  }),
  Schema.Struct({ form: Schema.Record(Schema.String, Schema.Union([Text, Secret])) })
]).annotate({
  identifier: "HttpBody",
  description: 'A text, { "json": … }, { "form": { "field": "value" } } or { "secret": "…" }'
})
export type HttpBody = typeof HttpBody.Type

/** An HTTP proxy through which the target is reached by CONNECT, plain http as well. */
export const HttpProxy = Schema.Struct({
  url: HttpUrl.annotate({ description: "Where the proxy is: http://proxy.example.com:3128" }),
  auth: Schema.optionalKey(BasicCredentials)
}).annotate({ identifier: "HttpProxy" })
export type HttpProxy = typeof HttpProxy.Type

const PhaseTimeout = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60_000 })))

/** The longest that single phases may take, in milliseconds, each hop for itself. The timeout of the monitor stays. */
export const PhaseTimeouts = Schema.Struct({
  dns: PhaseTimeout,
  connect: PhaseTimeout,
  tls: PhaseTimeout,
  ttfb: PhaseTimeout,
  download: PhaseTimeout
}).annotate({ identifier: "PhaseTimeouts" })
export type PhaseTimeouts = typeof PhaseTimeouts.Type

/**
 * What an `http` check requests. `redirectsMax` 0 judges the redirect itself; `httpVersion` `auto` takes HTTP/2 where
 * the server offers it over TLS, `2` nothing else (without TLS by prior knowledge); `compression` asks for a compressed
 * body (one that comes compressed unasked is decoded all the same); reading stops at `bodyBytesMax` decoded bytes.
 */
export const HttpSpec = Schema.Struct({
  url: HttpUrl,
  method: HttpMethod.annotate({ description: "The request method" }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("GET" as const))
  ),
  headers: HttpHeaders.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  body: Schema.optionalKey(HttpBody),
  auth: Schema.optionalKey(HttpAuth),
  redirectsMax: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 }))
    .annotate({ description: "How many redirects are followed; 0 judges the redirect itself" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(5))),
  httpVersion: Schema.Literals(["1.1", "2", "auto"])
    .annotate({ description: "auto: HTTP/2 where the server offers it over TLS; 2: nothing else" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("1.1" as const))),
  tls: Schema.optionalKey(TlsSettings.annotate({ description: tlsDescription })),
  ipFamily: IpFamily,
  proxy: Schema.optionalKey(
    HttpProxy.annotate({ description: "An HTTP proxy that opens the way to the target by CONNECT" })
  ),
  compression: Schema.Boolean.annotate({ description: "Ask for a compressed body" }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(false))
  ),
  bodyBytesMax: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: bodyBytesMax }))
    .annotate({ description: "How much of the decoded body is read, in bytes; the rest is left, which is no failure" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(bodyBytesDefault))),
  phaseTimeoutsMs: Schema.optionalKey(
    PhaseTimeouts.annotate({ description: "The longest that single phases may take, in milliseconds" })
  )
}).annotate({ identifier: "HttpSpec" })
export type HttpSpec = typeof HttpSpec.Type

/** The `http` check type. Without assertions of its own, a monitor is up when the status is 200 to 399. */
export const HttpCheck = CheckType.make({
  kind: "http",
  version: 1,
  title: "HTTP",
  description: "One HTTP request: status, headers, body, certificate and where the time went.",
  spec: HttpSpec,
  example: {
    url: "https://api.example.com/health",
    headers: { accept: "application/json", "x-api-key": { secret: "k-3f9a" } },
    httpVersion: "auto"
  },
  target: (spec) => spec.url,
  origin: ({ proxy, tls, url }) =>
    JSON.stringify([new URL(url).origin, proxy === undefined ? null : new URL(proxy.url).origin, trustOf(tls)]),
  sources: [
    "status",
    "header",
    "body",
    "json",
    "sizeBytes",
    "certificateDaysLeft",
    "redirectTarget",
    "protocol",
    "tlsVersion",
    "address"
  ],
  defaultAssertions: [{ source: "status", comparison: "between", expected: [200, 399], severity: "down" }]
})
