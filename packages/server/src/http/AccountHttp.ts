/**
 * The handlers of what a person has of their own. They delegate, and renew the cookie of a session that is replaced.
 */
import { Api, Auth } from "@openseer/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Attempts, ofConfirmations } from "../accounts/Attempts.ts"
import { AuditLog } from "../accounts/AuditLog.ts"
import { Confirmations } from "../accounts/Confirmations.ts"
import * as Passwords from "../accounts/Passwords.ts"
import { SecondFactor } from "../accounts/SecondFactor.ts"
import { Sessions } from "../accounts/Sessions.ts"
import { SignUp } from "../accounts/SignUp.ts"
import { Users } from "../accounts/Users.ts"
import { clientFacts } from "./ClientAddress.ts"
import { SessionCookie } from "./SessionCookie.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves the group `account`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "account",
  Effect.fn(function* (handlers) {
    const users = yield* Users
    const sessions = yield* Sessions
    const passwords = yield* Passwords.Passwords
    const confirmations = yield* Confirmations
    const cookies = yield* SessionCookie
    const secondFactor = yield* SecondFactor
    const signUp = yield* SignUp
    const attempts = yield* Attempts
    const auditLog = yield* AuditLog

    const account = Effect.flatMap(Auth.CurrentPerson, users.account)

    /** The account after the session moved to another organization. */
    const movedTo = Effect.fnUntraced(function* (organizationKey: number) {
      const { sessionId, userKey } = yield* Auth.CurrentPerson
      yield* sessions.moveTo(sessionId, organizationKey)
      return yield* users.account({ userKey, sessionId, organizationKey })
    })
    return handlers.handleAll({
      get: () => orUnavailable(account),
      update: ({ payload: { currentPassword, ...change } }) =>
        Effect.gen(function* () {
          const person = yield* Auth.CurrentPerson
          const { userKey } = person
          if (change.email !== undefined && change.email !== (yield* users.byKey(userKey)).email) {
            yield* confirmations.confirm(person, currentPassword === undefined ? {} : { currentPassword })
          }
          yield* users.update(userKey, change)
          return yield* account
        }).pipe(orUnavailable),
      password: ({ payload: { newPassword, ...given } }) =>
        Effect.gen(function* () {
          const person = yield* Auth.CurrentPerson
          const user = yield* confirmations.confirm(person, given)
          yield* Passwords.accept("newPassword", newPassword, user)
          yield* users.setPassword(user.userKey, yield* passwords.hash(newPassword))
          const session = yield* sessions.begin(user.userId, yield* clientFacts, person.organizationKey)
          yield* cookies.send("session", session)
        }).pipe(orUnavailable),
      sessions: () =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap(({ sessionId, userKey }) => sessions.list(userKey, sessionId)),
          Effect.map((items) => ({ items })),
          orUnavailable
        ),
      revokeSession: ({ params }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap(({ userKey }) =>
            Effect.andThen(
              sessions.revoke(userKey, params.sessionId),
              auditLog.recordOfUser(userKey, { action: "session.revoke" })
            )
          ),
          orUnavailable
        ),
      revokeOtherSessions: () =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap(({ sessionId, userKey }) =>
            Effect.andThen(
              sessions.revokeOthers(userKey, sessionId),
              auditLog.recordOfUser(userKey, { action: "session.revoke", detail: { others: true } })
            )
          ),
          orUnavailable
        ),
      offerSecondFactor: ({ payload }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap((person) => confirmations.confirm(person, payload)),
          Effect.flatMap(({ userKey }) => secondFactor.offer(userKey)),
          orUnavailable
        ),
      confirmSecondFactor: ({ payload }) =>
        Effect.gen(function* () {
          const { sessionId, userKey } = yield* Auth.CurrentPerson
          const codes = yield* attempts.counted([ofConfirmations(userKey)], secondFactor.confirm(userKey, payload.code))
          yield* sessions.revokeOthers(userKey, sessionId)
          return { codes }
        }).pipe(orUnavailable),
      removeSecondFactor: ({ payload }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap((person) => confirmations.confirmWithFactor(person, payload)),
          Effect.flatMap(({ userKey }) => secondFactor.remove(userKey)),
          orUnavailable
        ),
      renewRecoveryCodes: ({ payload }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap((person) => confirmations.confirmWithFactor(person, payload)),
          Effect.flatMap(({ userKey }) => secondFactor.renewCodes(userKey)),
          Effect.map((codes) => ({ codes })),
          orUnavailable
        ),
      switchOrganization: ({ payload }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap(({ userKey }) => users.organizationOf(userKey, payload.organizationId)),
          Effect.flatMap(movedTo),
          orUnavailable
        ),
      createOrganization: ({ payload }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap(({ userKey }) => users.createOrganization(userKey, payload.name)),
          Effect.flatMap(movedTo),
          orUnavailable
        ),
      acceptInvitation: ({ payload }) =>
        Auth.CurrentPerson.pipe(
          Effect.flatMap(({ userKey }) => users.byKey(userKey)),
          Effect.flatMap((user) => signUp.accept(payload.token, user)),
          Effect.flatMap(movedTo),
          orUnavailable
        )
    })
  })
)
