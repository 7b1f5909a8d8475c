/**
 * The handlers of signing in. They delegate, and turn what came of it into cookies.
 */
import { Api } from "@openseer/core"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Attempts, ofAddress, ofSignUps } from "../accounts/Attempts.ts"
import { AuditLog } from "../accounts/AuditLog.ts"
import { Invitations } from "../accounts/Invitations.ts"
import { oidcStartPath } from "../accounts/OidcSignIn.ts"
import { Sessions } from "../accounts/Sessions.ts"
import { SetupLinks } from "../accounts/SetupLinks.ts"
import { type Entry, type Pending, SignIn } from "../accounts/SignIn.ts"
import { SignUp } from "../accounts/SignUp.ts"
import { Site } from "../accounts/Site.ts"
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
    const signUp = yield* SignUp
    const invitations = yield* Invitations
    const attempts = yield* Attempts
    const cookies = yield* SessionCookie
    const auditLog = yield* AuditLog
    const { oidc, registration } = yield* Site
    const provider = oidc === undefined ? {} : { oidc: { name: oidc.name, path: oidcStartPath } }

    const client = Effect.gen(function* () {
      const device = yield* cookies.read("device")
      return { ...(yield* clientFacts), ...(Option.isNone(device) ? {} : { device: device.value }) }
    })

    const entered = Effect.fnUntraced(function* (entry: Entry | Pending) {
      if (entry.status === "second_factor") yield* cookies.send("pending", entry.pending)
      else {
        yield* cookies.send("session", entry.session)
        yield* cookies.send("device", entry.device)
      }
      return { status: entry.status }
    })

    return handlers.handleAll({
      options: () =>
        setupLinks.needsSetup.pipe(
          Effect.map((needsSetup) => ({ needsSetup, registration, ...provider, serverVersion })),
          orUnavailable
        ),
      setup: ({ payload }) =>
        Effect.gen(function* () {
          const facts = yield* client
          const made = yield* attempts.counted(ofAddress(facts.address), setupLinks.claim(payload))
          return yield* Effect.flatMap(signIn.enter(made, facts, made.organizationKey), entered)
        }).pipe(orUnavailable),
      signIn: ({ payload }) =>
        client.pipe(
          Effect.flatMap((facts) => signIn.withPassword(payload, facts)),
          Effect.flatMap(entered),
          orUnavailable
        ),
      secondFactor: ({ payload }) =>
        Effect.gen(function* () {
          const entry = yield* signIn.withSecondFactor(yield* cookies.read("pending"), payload.code, yield* client)
          yield* cookies.clear("pending")
          return yield* entered(entry)
        }).pipe(orUnavailable),
      signUp: ({ payload }) =>
        Effect.gen(function* () {
          const facts = yield* client
          const made = yield* attempts.rationed(
            // Who was invited is let in by somebody who is here.
            payload.invitation === undefined ? ofSignUps(facts.address) : [],
            attempts.counted(ofAddress(facts.address), signUp.withPassword(payload))
          )
          return yield* Effect.flatMap(signIn.enter(made, facts, made.organizationKey), entered)
        }).pipe(orUnavailable),
      invitation: ({ payload }) =>
        // Not counted: nobody guesses 178 random bits, and any page can make a browser look at a link.
        orUnavailable(invitations.look(payload.token)),
      signOut: () =>
        Effect.gen(function* () {
          const token = yield* cookies.read("session")
          if (Option.isSome(token)) {
            const known = yield* sessions.authenticate(token.value)
            yield* sessions.end(token.value)
            if (Option.isSome(known)) {
              const { address } = yield* clientFacts
              const { userId: id, userKey } = known.value
              const actor = { kind: "user" as const, id, ...(address === undefined ? {} : { address }) }
              yield* auditLog.recordOfUser(userKey, { action: "session.sign_out", actor })
            }
          }
          yield* cookies.clear("session")
        }).pipe(orUnavailable)
    })
  })
)
