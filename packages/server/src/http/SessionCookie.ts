/**
 * The cookies of people: the session, the browser, and what lasts minutes. Their names say that they are of this host
 * alone and came over TLS (`__Host-`), unless plain HTTP was asked for.
 */
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { Cookies, HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { deviceDays } from "../accounts/KnownDevices.ts"
import { absoluteDays } from "../accounts/SessionAdapter.ts"
import { Sessions } from "../accounts/Sessions.ts"
import { Site } from "../accounts/Site.ts"

/** The kinds of cookies, with how long a browser keeps them, in seconds. When they end the database says. */
const kinds = {
  session: { suffix: "", maxAgeS: absoluteDays * 86_400 },
  device: { suffix: "-device", maxAgeS: deviceDays * 86_400 },
  pending: { suffix: "-pending", maxAgeS: 300 },
  oidc: { suffix: "-oidc", maxAgeS: 600 }
}

/** A kind of cookie. */
export type CookieKind = keyof typeof kinds

/** Reads and sends cookies. */
export class SessionCookie extends Context.Service<
  SessionCookie,
  {
    /** The value in the request. */
    readonly read: (
      kind: CookieKind
    ) => Effect.Effect<Option.Option<Redacted.Redacted>, never, HttpServerRequest.HttpServerRequest>
    /** Sends a cookie with the answer. */
    readonly send: (
      kind: CookieKind,
      value: Redacted.Redacted
    ) => Effect.Effect<void, never, HttpServerRequest.HttpServerRequest>
    /** Makes the browser forget it. */
    readonly clear: (kind: CookieKind) => Effect.Effect<void, never, HttpServerRequest.HttpServerRequest>
  }
>()("@openseer/server/SessionCookie") {
  static readonly layer: Layer.Layer<SessionCookie, never, Sessions> = Layer.effect(
    SessionCookie,
    Effect.gen(function* () {
      const { cookieName } = yield* Sessions
      const { insecureCookies } = yield* Site
      const nameOf = (kind: CookieKind) => `${cookieName}${kinds[kind].suffix}`
      const set = (kind: CookieKind, value: string, maxAgeS: number) =>
        HttpEffect.appendPreResponseHandler((_request, response) =>
          Effect.succeed(
            HttpServerResponse.setCookieUnsafe(response, nameOf(kind), value, {
              maxAge: `${maxAgeS} seconds`,
              path: "/",
              httpOnly: true,
              secure: !insecureCookies,
              sameSite: "lax"
            })
          )
        )
      return SessionCookie.of({
        read: (kind) =>
          HttpServerRequest.HttpServerRequest.useSync(({ headers }) => {
            const value = Cookies.parseHeader(headers["cookie"] ?? "")[nameOf(kind)]
            return Option.map(Option.fromNullishOr(value || undefined), (text) => Redacted.make(text))
          }),
        send: (kind, value) => set(kind, Redacted.value(value), kinds[kind].maxAgeS),
        clear: (kind) => set(kind, "", 0)
      })
    })
  )
}
