/**
 * What every request passes, in this order; the first that refuses answers:
 *
 * 1. Every answer, whoever gives it, gets the security headers and is counted.
 * 2. What fails below and is not answered yet becomes a problem: 404, 405, and 500 with a trace id, which is logged.
 * 3. So many requests at once, and no more: 503 with `Retry-After`. Workers that wait for jobs count apart.
 * 4. Two credentials or hosts at once: 400. So many requests of one address to what needs no credential, and no more: 429.
 *    Requests whose credential proves to be none count with them (`ApiAuthHttp`, `PersonAuthHttp`).
 * 5. A change that a browser sends on behalf of another site, and anything that a page of another origin asks or shows
 *    (an image, a frame) without a key of its own: 403, whoever is signed in there. A link may be followed.
 *    A ping is nobody's change: it has no credential but its URL, so this and the next two don't hold for it.
 * 6. A body that says it is too large: 413. One that does not say is cut off while it is read.
 * 7. A body that is not JSON: 415.
 *
 * Then the router: credential (`ApiAuthHttp`), body and decoding (`ApiProblemsHttp`), handler.
 */
import { Api, Problem } from "@openseer/core"
import { ByteSize, Cause, Clock, Effect, Layer, Metric, Option, Semaphore, type Types } from "effect"
import {
  HttpIncomingMessage,
  HttpMiddleware,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "effect/http"
import { randomUUID } from "node:crypto"
import { oidcCallbackPath, oidcStartPath } from "../accounts/OidcSignIn.ts"
import { isEmbedded, isForeign, isUnproven } from "../accounts/RequestOrigin.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { forwarded } from "./ClientAddress.ts"
import { RateLimit } from "./RateLimit.ts"
import { unavailable } from "./Unavailable.ts"

/** The largest body of the API, in bytes. */
export const apiBodyBytesMax = 65_536

/** The largest body of the worker protocol, in bytes: 500 results. */
export const workerBodyBytesMax = 1_048_576

/** The most requests of the API at once. */
export const apiRequestsMax = 256

/** The most requests of workers at once: most of them wait for jobs. */
export const workerRequestsMax = 4_096

/** The most pings of jobs at once: so many that a whole crontab fits, and apart from what people do. */
export const pingRequestsMax = 256

/** Paths are as they are written here: a proxy that closes `/metrics` closes it, however it is spelled. */
export const routerConfig = { caseSensitive: true, ignoreDuplicateSlashes: false } as const

/** Installs the guards in front of all routes of the router. What these proxies say of a client's address counts. */
export const layer = (
  trustedProxies: ReadonlyArray<string>
): Layer.Layer<never, never, HttpRouter.HttpRouter | RateLimit> =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const publicUrl = yield* PublicUrl
      const fromClient = forwarded(trustedProxies)
      const limit = yield* RateLimit
      const admission = {
        api: yield* Semaphore.make(apiRequestsMax),
        worker: yield* Semaphore.make(workerRequestsMax),
        ping: yield* Semaphore.make(pingRequestsMax),
        // Health must be told also when nothing else is served.
        system: undefined
      }
      const guard = (handler: Answer) =>
        Effect.gen(function* () {
          const startedAt = yield* Clock.currentTimeMillis
          const request = yield* HttpServerRequest.HttpServerRequest
          const path = pathOf(request)
          const kind = kindOf(path)
          const answer = refusal(request, kind, publicUrl) ?? bounded(limited(limit, request, path, handler), kind)
          const response = yield* admitted(answer, admission[kind]).pipe(
            Effect.catchCause((cause) => answerCause(cause, request.method, path))
          )
          yield* measured(kind, response.status, (yield* Clock.currentTimeMillis) - startedAt)
          return HttpServerResponse.setHeaders(response, headersOf(request, path, response.status))
        }).pipe(fromClient)
      // The type of the router's middleware does not foresee one that answers every failure.
      yield* router.addGlobalMiddleware(
        guard as (handler: Answer) => Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>
      )
    })
  )

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, HttpServerRequest.HttpServerRequest>
type Kind = "api" | "worker" | "ping" | "system"

const pathOf = (request: HttpServerRequest.HttpServerRequest): string => request.url.split("?", 1)[0] ?? "/"

const kindOf = (path: string): Kind => {
  if (path === "/livez" || path === "/readyz" || path === "/metrics") return "system"
  if (path.startsWith("/ping/")) return "ping"
  return path.startsWith("/rpc/") ? "worker" : "api"
}

/**
 * Paths of pings hold their credential, and so do the queries of both ways to and from an identity provider, an
 * invitation there and a code back: no span is made of them. To be provided where the routes are served.
 */
export const untraced: Layer.Layer<never> = Layer.succeed(
  HttpMiddleware.TracerDisabledWhen,
  ({ url }: HttpServerRequest.HttpServerRequest) => {
    const path = url.replace(/^https?:\/\/[^/]*/, "")
    return kindOf(path) === "ping" || path.startsWith(oidcPrefix)
  }
)

const oidcPrefix = "/api/v1/auth/oidc/"

/** What may be told of a path. */
const shown = (path: string): string => (kindOf(path) === "ping" ? "/ping/…" : path)

const bodyBytesMax = (kind: Kind): number => (kind === "worker" ? workerBodyBytesMax : apiBodyBytesMax)

const admitted = (answer: Answer, permits: Semaphore.Semaphore | undefined): Answer =>
  permits === undefined
    ? answer
    : permits
        .withPermitsIfAvailable(1)(answer)
        .pipe(Effect.flatMap(Option.match({ onNone: () => busy, onSome: Effect.succeed })))

/** An answer that says in its header, too, when to try again. */
const tryAgain = (problem: Problem.ServiceUnavailable | Problem.TooManyRequests): Answer =>
  Effect.map(
    HttpServerRespondable.toResponse(problem),
    HttpServerResponse.setHeader("retry-after", String(problem.retryAfterSeconds))
  )

const busy = tryAgain(unavailable(1_000, "too many requests at once"))

const limited = (
  limit: RateLimit["Service"],
  { remoteAddress }: HttpServerRequest.HttpServerRequest,
  path: string,
  handler: Answer
): Answer =>
  path.startsWith(anonymousPrefix)
    ? Effect.matchEffect(limit.ofAddress(Option.getOrUndefined(remoteAddress)), {
        onFailure: tryAgain,
        onSuccess: () => handler
      })
    : handler

/** The paths of what needs no credential, and is asked for one. */
const anonymousPrefix = "/api/v1/auth/"

const bounded = (handler: Answer, kind: Kind): Answer =>
  Effect.provideService(handler, HttpIncomingMessage.MaxBodySize, ByteSize.bytes(bodyBytesMax(kind)))

/** The answer to a request whose headers alone show that it can't be served. */
const refusal = (request: HttpServerRequest.HttpServerRequest, kind: Kind, publicUrl: string): Answer | undefined => {
  const { headers, method } = request
  const twice = kind === "ping" ? undefined : sentTwice(request.source)
  if (twice !== undefined) {
    return HttpServerRespondable.toResponse(
      new Problem.BadRequest({ errors: [{ path: twice, message: "must be sent once" }] })
    )
  }
  const isKeyless = kind === "api" && headers["authorization"] === undefined
  if (isKeyless && (isForeign(request, publicUrl) || isEmbedded(request))) return notFromThere
  if (method === "GET" || method === "HEAD" || method === "OPTIONS" || kind === "ping") return undefined
  // Browsers always say where a request comes from, and scripts can't change it; other clients say nothing.
  const site = headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return notFromThere
  }
  if (isKeyless && isUnproven(request)) return notFromThere
  const length = Number(headers["content-length"] ?? "0")
  const limitBytes = bodyBytesMax(kind)
  if (length > limitBytes) return HttpServerRespondable.toResponse(new Problem.PayloadTooLarge({ limitBytes }))
  const contentType = headers["content-type"]
  const hasBody = length > 0 || headers["transfer-encoding"] !== undefined
  if (kind === "worker" || (contentType === undefined && !hasBody)) return undefined
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json"
    ? undefined
    : HttpServerRespondable.toResponse(new Problem.UnsupportedMediaType())
}

/** Node keeps the first of two such headers, where a proxy in front may have judged the second. */
const sentTwice = (source: object): string | undefined => {
  if (!("rawHeaders" in source) || !Array.isArray(source.rawHeaders)) return undefined
  const names = source.rawHeaders.flatMap((text, i) => (i % 2 === 0 ? [String(text).toLowerCase()] : []))
  return ["authorization", "host"].find((name) => names.indexOf(name) !== names.lastIndexOf(name))
}

const notFromThere = HttpServerRespondable.toResponse(new Problem.Forbidden({ detail: "not from another site" }))

/** Problems are answered as they are; anything unforeseen is logged, and its answer tells nothing but a trace id. */
const answerCause = (cause: Cause.Cause<unknown>, method: string, path: string): Answer => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
  for (const reason of cause.reasons) {
    const thrown = reason._tag === "Fail" ? reason.error : reason._tag === "Die" ? reason.defect : undefined
    if (HttpServerResponse.isHttpServerResponse(thrown)) return Effect.succeed(thrown)
    if (HttpServerError.isHttpServerError(thrown)) {
      if (thrown.reason._tag === "RouteNotFound") return answerNoRoute(method, path)
      if (thrown.reason._tag === "RequestParseError") {
        return thrown.reason.reason === "BodyTooLarge"
          ? HttpServerRespondable.toResponse(new Problem.PayloadTooLarge({ limitBytes: bodyBytesMax(kindOf(path)) }))
          : HttpServerRespondable.toResponse(
              new Problem.BadRequest({ errors: [{ path: "", message: "the request could not be read" }] })
            )
      }
    }
  }
  return Effect.gen(function* () {
    const span = yield* Effect.option(Effect.currentSpan)
    const traceId = Option.isSome(span) ? span.value.traceId : randomUUID().replaceAll("-", "")
    yield* Effect.logError("request failed", cause).pipe(Effect.annotateLogs({ method, path: shown(path), traceId }))
    return yield* HttpServerRespondable.toResponse(
      new Problem.InternalError({ instance: `urn:openseer:trace:${traceId}` })
    )
  })
}

/** 405 with `Allow` where another method has a route, else 404. */
const answerNoRoute = (method: string, path: string): Answer => {
  const allowed = routes.flatMap((route) => (route.pattern.test(path) ? [route.method] : []))
  // A route that takes the method and was not found all the same: a parameter is too long to be of anything.
  if (allowed.length === 0 || allowed.includes(method)) return HttpServerRespondable.toResponse(new Problem.NotFound())
  const allow = [...new Set(allowed.includes("GET") ? [...allowed, "HEAD"] : allowed)].join(", ")
  return HttpServerRespondable.toResponse(
    new Problem.MethodNotAllowed({ detail: `${method} is not one of ${allow}` })
  ).pipe(Effect.map(HttpServerResponse.setHeader("allow", allow)))
}

/** The routes that are not of the contract. */
export const rawRoutes: ReadonlyArray<{ readonly method: string; readonly path: string }> = [
  ...["/livez", "/readyz", "/metrics", "/docs", Api.openApiPath, oidcStartPath, oidcCallbackPath].map((path) => ({
    method: "GET",
    path
  })),
  { method: "POST", path: "/rpc/worker" },
  ...["GET", "POST"].flatMap((method) => ["/ping/:token", "/ping/:token/:signal"].map((path) => ({ method, path })))
]

const routes = [
  ...Object.values(Api.Api.groups).flatMap((group) =>
    Object.values(group.endpoints).map(({ method, path }) => ({ method: method as string, path: path as string }))
  ),
  ...rawRoutes
].map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replaceAll(/:[^/]+/g, "[^/]+")}/?$`) }))

const referencePolicy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; " +
  "font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const requestSeconds = Metric.histogram("openseer_http_request_seconds", {
  description: "From a request's arrival to the start of its answer, by kind and class of status",
  boundaries: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
})

const measured = (kind: Kind, status: number, elapsedMs: number) =>
  Metric.update(
    Metric.withAttributes(requestSeconds, { kind, status: `${Math.floor(status / 100)}xx` }),
    elapsedMs / 1_000
  )

/** What every answer carries but the reference page, whose policy is another. */
export const securityHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store"
}

/** What every answer carries, OWASP ASVS 3.4. The reference page has its script inline; everything else has none. */
const headersOf = (
  request: HttpServerRequest.HttpServerRequest,
  path: string,
  status: number
): Record<string, string> => ({
  ...securityHeaders,
  ...(path === "/docs" || path === "/docs/" ? { "content-security-policy": referencePolicy } : {}),
  ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  // Only over TLS, which a proxy may have ended: on plain HTTP browsers must ignore it.
  ...(request.headers["x-forwarded-proto"] === "https" || request.originalUrl.startsWith("https:")
    ? { "strict-transport-security": "max-age=31536000; includeSubDomains" }
    : {})
})
