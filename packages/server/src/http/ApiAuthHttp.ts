/**
 * The gate of every endpoint: a valid credential, and the scope that the endpoint asks for.
 */
import { Auth, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { Principals } from "../accounts/Principal.ts"
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
          const needed = Context.get(endpoint.annotations as Context.Context<never>, Auth.RequiredScope)
          if (!Auth.allows(principal.value.scopes, needed)) {
            return yield* new Problem.Forbidden({ detail: `this needs the scope ${needed}` })
          }
          return yield* Effect.provideService(answer, Auth.CurrentPrincipal, principal.value)
        })
    })
  })
)
