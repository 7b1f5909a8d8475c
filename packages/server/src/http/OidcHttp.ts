/**
 * The two routes of signing in with an identity provider, which browsers go to and not programs: they answer redirects.
 */
import { Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { oidcCallbackPath, OidcRefused, OidcSignIn, oidcStartPath } from "../accounts/OidcSignIn.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { clientFacts } from "./ClientAddress.ts"
import { SessionCookie } from "./SessionCookie.ts"

/** Serves both. Whatever fails leads to the sign-in page, which says why by `error`. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const oidc = yield* OidcSignIn
    const cookies = yield* SessionCookie
    const publicUrl = yield* PublicUrl

    const to = (path: string) => HttpServerResponse.redirect(`${publicUrl}${path}`)
    const failed = (error: unknown) => {
      const tag = (error as { readonly _tag?: string })._tag
      const code =
        error instanceof OidcRefused
          ? error.code
          : tag === "DatabaseBusy"
            ? "provider_unavailable"
            : "too_many_attempts"
      return to(`/sign-in?error=${code}`)
    }
    const query = HttpServerRequest.HttpServerRequest.useSync(
      ({ url }) => new URL(url, "http://localhost").searchParams
    )

    yield* router.add(
      "GET",
      oidcStartPath,
      Effect.gen(function* () {
        const given = yield* query
        const [next, invitation] = [given.get("next"), given.get("invitation")]
        const { cookie, url } = yield* oidc.begin({
          ...(next === null ? {} : { next }),
          ...(invitation === null ? {} : { invitation })
        })
        yield* cookies.send("oidc", cookie)
        return HttpServerResponse.redirect(url)
      }).pipe(Effect.catch((error) => Effect.succeed(failed(error))))
    )

    yield* router.add(
      "GET",
      oidcCallbackPath,
      Effect.gen(function* () {
        const answer = yield* query
        const facts = yield* clientFacts
        const device = yield* cookies.read("device")
        const client = { ...facts, ...(Option.isNone(device) ? {} : { device: device.value }) }
        const cookie = yield* cookies.read("oidc")
        yield* cookies.clear("oidc")
        const { entry, next } = yield* oidc.complete(answer, cookie, client)
        if (entry.status === "second_factor") {
          yield* cookies.send("pending", entry.pending)
          return to(`/second-factor?next=${encodeURIComponent(next)}`)
        }
        yield* cookies.send("session", entry.session)
        yield* cookies.send("device", entry.device)
        return to(next)
      }).pipe(Effect.catch((error) => Effect.succeed(failed(error))))
    )
  })
).pipe(Layer.provide(SessionCookie.layer))
