/**
 * The gate of what people have of their own: a session, in whatever organization.
 */
import { Auth, Problem } from "@openseer/core"
import { Effect, Layer, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { Principals } from "../accounts/Principal.ts"
import { Actor } from "../db/Actor.ts"
import { clientFacts } from "./ClientAddress.ts"
import { RateLimit } from "./RateLimit.ts"
import { SessionCookie } from "./SessionCookie.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves `PersonAuth`. A credential that is valid and no person's is refused with 403. */
export const layer: Layer.Layer<Auth.PersonAuth, never, Principals | SessionCookie | RateLimit> = Layer.effect(
  Auth.PersonAuth,
  Effect.gen(function* () {
    const principals = yield* Principals
    const cookies = yield* SessionCookie
    const limit = yield* RateLimit
    return Auth.PersonAuth.of((answer) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const { address } = yield* clientFacts
        const session = yield* orUnavailable(principals.session(request))
        if (Option.isNone(session)) {
          const other = yield* orUnavailable(principals.authenticate(request))
          if (Option.isSome(other)) return yield* new Problem.Forbidden({ detail: "this is about people: sign in" })
          yield* limit.ofAddress(address)
          return yield* new Problem.Unauthorized()
        }
        const { renewed, ...person } = session.value
        yield* limit.ofCredential(person.sessionId)
        if (renewed !== undefined) yield* cookies.send("session", renewed)
        return yield* answer.pipe(
          Effect.provideService(Auth.CurrentPerson, person),
          Effect.provideService(Actor, {
            kind: "user",
            id: person.userId,
            ...(address === undefined ? {} : { address })
          })
        )
      })
    )
  })
)
