/**
 * The gate of every endpoint: a valid credential, and the scope that the endpoint asks for. What is behind it is done by
 * the actor whose credential it is.
 */
import { Auth, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { type Principal, Principals } from "../accounts/Principal.ts"
import { Actor } from "../db/Actor.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves `ApiAuth` with `Principals`, which sees the whole request, whatever scheme the contract documents. */
export const layer: Layer.Layer<Auth.ApiAuth, never, Principals> = Layer.effect(
  Auth.ApiAuth,
  Effect.gen(function* () {
    const principals = yield* Principals
    return Auth.ApiAuth.of({
      apiKey: (answer, { endpoint }) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const principal = yield* orUnavailable(principals.authenticate(request))
          if (Option.isNone(principal)) return yield* new Problem.Unauthorized()
          const annotations = endpoint.annotations as Context.Context<never>
          if (Context.get(annotations, Auth.PersonOnly) && principal.value.person === undefined) {
            return yield* new Problem.Forbidden({ detail: "this is for people who are signed in, not for keys" })
          }
          const needed = Context.get(annotations, Auth.RequiredScope)
          if (!Auth.allows(principal.value.scopes, needed)) {
            return yield* new Problem.Forbidden({ detail: `this needs the scope ${needed}` })
          }
          return yield* answer.pipe(
            Effect.provideService(Auth.CurrentPrincipal, principal.value),
            Effect.provideService(Actor, actorOf(principal.value))
          )
        })
    })
  })
)

const actorOf = ({ id, kind, person }: Principal) =>
  person === undefined
    ? { kind: kind === "embedder" ? kind : ("api_key" as const), id }
    : { kind: "user" as const, id: person.userId }
