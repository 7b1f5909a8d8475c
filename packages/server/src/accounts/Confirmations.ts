/**
 * What weakens an account needs more than a session, which somebody may have left open: the password again, a code of the
 * second factor where there is no password, and where there is neither, a session that has just begun.
 */
import { type AccountApi, Problem } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as Attempts from "./Attempts.ts"
import { Passwords } from "./Passwords.ts"
import { SecondFactor } from "./SecondFactor.ts"
import { Sessions } from "./Sessions.ts"
import { type AccountOwner, type User, Users } from "./Users.ts"

/** Asks for proof. */
export class Confirmations extends Context.Service<
  Confirmations,
  {
    /**
     * The user, once they have proved that it is them. Fails with `BadInput` on the member that is wrong or missing, and
     * with `SessionTooOld` when nothing but signing in again proves it.
     */
    readonly confirm: Confirm
    /** The same for what weakens a second factor: it needs a code as well, also of whoever has a password. */
    readonly confirmWithFactor: Confirm
  }
>()("@openseer/server/Confirmations") {
  static readonly layer: Layer.Layer<
    Confirmations,
    never,
    Users | Passwords | Attempts.Attempts | SecondFactor | Sessions
  > = Layer.effect(
    Confirmations,
    Effect.gen(function* () {
      const users = yield* Users
      const passwords = yield* Passwords
      const attempts = yield* Attempts.Attempts
      const secondFactor = yield* SecondFactor
      const sessions = yield* Sessions

      const confirmed = Effect.fnUntraced(function* (
        { sessionId, userKey }: AccountOwner,
        { code, currentPassword }: AccountApi.Confirmation,
        isOfFactor: boolean
      ) {
        const user = yield* users.byKey(userKey)
        const { passwordHash } = user
        const needsCode = user.hasSecondFactor && (isOfFactor || passwordHash === null)
        if (passwordHash === null && !needsCode) {
          return (yield* sessions.isRecent(sessionId)) ? user : yield* new Problem.SessionTooOld()
        }
        if (passwordHash !== null && currentPassword === undefined) {
          return yield* wrong("currentPassword", "give the password that you have now")
        }
        if (needsCode && code === undefined) return yield* wrong("code", "give a code of your second factor")
        const proof = Effect.gen(function* () {
          if (passwordHash !== null && !(yield* passwords.verify(currentPassword ?? "", passwordHash))) {
            return yield* wrong("currentPassword", "is not your password")
          }
          // Last: a code that is right is used up.
          if (needsCode && !(yield* secondFactor.take(userKey, code ?? ""))) {
            return yield* wrong("code", "is not right, or was used")
          }
          return user
        })
        return yield* attempts.counted([Attempts.ofConfirmations(userKey)], proof)
      })

      return Confirmations.of({
        confirm: Effect.fn("Confirmations.confirm")((owner, given) => confirmed(owner, given, false)),
        confirmWithFactor: Effect.fn("Confirmations.confirmWithFactor")((owner, given) => confirmed(owner, given, true))
      })
    })
  )
}

type Confirm = (
  owner: AccountOwner,
  given: AccountApi.Confirmation
) => Effect.Effect<
  User,
  DatabaseBusy | Problem.BadInput | Problem.SessionTooOld | Problem.TooManyAttempts | Problem.ServiceUnavailable
>

const wrong = (path: string, message: string) => new Problem.BadInput({ errors: [{ path, message }] })
