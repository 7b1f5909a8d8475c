/**
 * The gate of every endpoint: a valid credential, and the scope that the endpoint asks for. What is behind it is done by
 * the actor whose credential it is.
 */
import { Auth, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { type Principal, Principals } from "../accounts/Principal.ts"
import { Actor } from "../db/Actor.ts"
import { clientFacts } from "./ClientAddress.ts"
import { RateLimit } from "./RateLimit.ts"
import { SessionCookie } from "./SessionCookie.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves `ApiAuth` with `Principals`, which sees the whole request, whatever scheme the contract documents. */
export const layer: Layer.Layer<Auth.ApiAuth, never, Principals | SessionCookie | RateLimit> = Layer.effect(
  Auth.ApiAuth,
  Effect.gen(function* () {
    const principals = yield* Principals
    const cookies = yield* SessionCookie
    const limit = yield* RateLimit
    return Auth.ApiAuth.of({
      apiKey: (answer, { endpoint }) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const known = yield* orUnavailable(principals.authenticate(request))
          const { address } = yield* clientFacts
          if (Option.isNone(known)) {
            yield* limit.ofAddress(address)
            return yield* new Problem.Unauthorized()
          }
          const { renewed, ...principal } = known.value
          // How often its own users may come an embedding program knows.
          if (principal.kind !== "embedder") yield* limit.ofCredential(principal.id)
          if (renewed !== undefined) yield* cookies.send("session", renewed)
          const annotations = endpoint.annotations as Context.Context<never>
          if (Context.get(annotations, Auth.PersonOnly) && principal.person === undefined) {
            return yield* new Problem.Forbidden({ detail: "this is for people who are signed in, not for keys" })
          }
          const needed = Context.get(annotations, Auth.RequiredScope)
          if (!Auth.allows(principal.scopes, needed)) {
            return yield* new Problem.Forbidden({ detail: `this needs the scope ${needed}` })
          }
          return yield* answer.pipe(
            Effect.provideService(Auth.CurrentPrincipal, principal),
            Effect.provideService(Actor, { ...actorOf(principal), ...(address === undefined ? {} : { address }) })
          )
        })
    })
  })
)

const actorOf = ({ id, kind, name, person }: Principal) =>
  person === undefined
    ? { kind: kind === "embedder" ? kind : ("api_key" as const), id, ...(name === undefined ? {} : { name }) }
    : { kind: "user" as const, id: person.userId }
