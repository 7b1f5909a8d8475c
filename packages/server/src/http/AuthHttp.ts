/**
 * The handlers of signing in. They delegate, and turn what came of it into cookies.
 */
import { Api, Problem } from "@openseer/core"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Attempts, ofAddress } from "../accounts/Attempts.ts"
import { Sessions } from "../accounts/Sessions.ts"
import { SetupLinks } from "../accounts/SetupLinks.ts"
import { type Entry, SignIn } from "../accounts/SignIn.ts"
import { Site } from "../accounts/Site.ts"
import { Users } from "../accounts/Users.ts"
import { serverVersion } from "../ServerVersion.ts"
import { clientFacts } from "./ClientAddress.ts"
import { SessionCookie } from "./SessionCookie.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves the group `auth`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "auth",
  Effect.fn(function* (handlers) {
    const signIn = yield* SignIn
    const setupLinks = yield* SetupLinks
    const sessions = yield* Sessions
    const users = yield* Users
    const attempts = yield* Attempts
    const cookies = yield* SessionCookie
    const { registration } = yield* Site

    const client = Effect.gen(function* () {
      const device = yield* cookies.read("device")
      return { ...(yield* clientFacts), ...(Option.isNone(device) ? {} : { device: device.value }) }
    })

    const entered = Effect.fnUntraced(function* (entry: Entry) {
      yield* cookies.send("session", entry.session)
      yield* cookies.send("device", entry.device)
      return { status: entry.status }
    })

    return handlers.handleAll({
      options: () =>
        setupLinks.needsSetup.pipe(
          Effect.map((needsSetup) => ({ needsSetup, registration, serverVersion })),
          orUnavailable
        ),
      setup: ({ payload }) =>
        Effect.gen(function* () {
          const facts = yield* client
          const made = yield* attempts.counted(ofAddress(facts.address), setupLinks.claim(payload))
          const user = Option.getOrThrow(yield* users.byEmail(payload.email))
          return yield* Effect.flatMap(signIn.enter(user, facts, made.organizationKey), entered)
        }).pipe(orUnavailable),
      signIn: ({ payload }) =>
        client.pipe(
          Effect.flatMap((facts) => signIn.withPassword(payload, facts)),
          Effect.flatMap(entered),
          orUnavailable
        ),
      secondFactor: () => Effect.fail(new Problem.SignInRefused()),
      signUp: () => Effect.fail(new Problem.Forbidden({ detail: "registration is closed" })),
      invitation: () => Effect.fail(new Problem.LinkInvalid()),
      signOut: () =>
        Effect.gen(function* () {
          const token = yield* cookies.read("session")
          if (Option.isSome(token)) yield* sessions.end(token.value)
          yield* cookies.clear("session")
        }).pipe(orUnavailable)
    })
  })
)
