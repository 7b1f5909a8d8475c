/**
 * What weakens an account needs more than a session, which somebody may have left open: the password again, or a code of
 * the second factor where there is no password.
 */
import { type AccountApi, Problem } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as Attempts from "./Attempts.ts"
import { Passwords } from "./Passwords.ts"
import { SecondFactor } from "./SecondFactor.ts"
import { type User, Users } from "./Users.ts"

/** Asks for proof. */
export class Confirmations extends Context.Service<
  Confirmations,
  {
    /** The user, once they have proved that it is them. Fails with `BadInput` on the member that is wrong or missing. */
    readonly confirm: (
      userKey: number,
      given: AccountApi.Confirmation
    ) => Effect.Effect<User, DatabaseBusy | Problem.BadInput | Problem.TooManyAttempts | Problem.ServiceUnavailable>
  }
>()("@openseer/server/Confirmations") {
  static readonly layer: Layer.Layer<Confirmations, never, Users | Passwords | Attempts.Attempts | SecondFactor> =
    Layer.effect(
      Confirmations,
      Effect.gen(function* () {
        const users = yield* Users
        const passwords = yield* Passwords
        const attempts = yield* Attempts.Attempts
        const secondFactor = yield* SecondFactor

        const confirm = Effect.fn("Confirmations.confirm")(function* (userKey: number, given: AccountApi.Confirmation) {
          const user = yield* users.byKey(userKey)
          const { code, currentPassword } = given
          const counted = <E>(proof: Effect.Effect<boolean, E>, otherwise: Problem.BadInput) =>
            attempts.counted(
              [Attempts.ofConfirmations(userKey)],
              Effect.flatMap(proof, (isRight) => (isRight ? Effect.succeed(user) : Effect.fail(otherwise)))
            )
          if (user.passwordHash !== null) {
            if (currentPassword === undefined)
              return yield* wrong("currentPassword", "give the password that you have now")
            return yield* counted(
              passwords.verify(currentPassword, user.passwordHash),
              wrong("currentPassword", "is not your password")
            )
          }
          if (!user.hasSecondFactor) return user
          if (code === undefined) return yield* wrong("code", "give a code of your second factor")
          return yield* counted(secondFactor.take(userKey, code), wrong("code", "is not right, or was used"))
        })

        return Confirmations.of({ confirm })
      })
    )
}

const wrong = (path: string, message: string) => new Problem.BadInput({ errors: [{ path, message }] })
