/**
 * What whoever operates the machine does for people: the setup link, and a way in for somebody who lost theirs.
 */
import { Console, Effect, Layer, Option, Redacted } from "effect"
import { Organizations } from "../accounts/Organizations.ts"
import * as Passwords from "../accounts/Passwords.ts"
import { SecondFactor } from "../accounts/SecondFactor.ts"
import { SetupLinks, setupLinkHours } from "../accounts/SetupLinks.ts"
import { Users } from "../accounts/Users.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import type { ServerConfig } from "../ServerConfig.ts"
import { Refused } from "./Refused.ts"

/** A new setup link; none when the instance has an owner. */
const newLink = (config: ServerConfig) =>
  SetupLinks.use(({ create }) => create).pipe(
    Effect.provide(
      SetupLinks.layer.pipe(
        Layer.provide([Passwords.Passwords.layer, Organizations.layer, Layer.succeed(PublicUrl, config.site.publicUrl)])
      )
    )
  )

/** At a start: how to claim an instance that nobody owns. Nothing is printed of one that somebody does. */
export const announceSetup = Effect.fnUntraced(function* (config: ServerConfig) {
  const link = yield* newLink(config)
  if (Option.isSome(link)) {
    yield* Console.log(
      `\nNobody owns this instance yet. Open this link within ${setupLinkHours} hours to make it yours:\n\n` +
        `  ${Redacted.value(link.value)}\n`
    )
  }
})

/** `openseer setup-link`. */
export const printSetupLink = Effect.fnUntraced(function* (config: ServerConfig) {
  const link = yield* newLink(config)
  if (Option.isNone(link)) {
    return yield* new Refused({
      message: "this instance has an owner: sign in, or give them a new password with openseer user password EMAIL"
    })
  }
  yield* Console.log(Redacted.value(link.value))
})

/** `openseer user password`: prints a new password, this once. */
export const resetPassword = (email: string, options: { readonly dropSecondFactor: boolean }) =>
  Effect.gen(function* () {
    const users = yield* Users
    const user = yield* users.byEmail(email)
    if (Option.isNone(user)) return yield* new Refused({ message: `there is no user ${email}` })
    const password = yield* Passwords.random
    const passwords = yield* Passwords.Passwords
    const hash = yield* passwords.hash(password)
    if (options.dropSecondFactor) yield* (yield* SecondFactor).remove(user.value.userKey)
    yield* users.setPassword(user.value.userKey, hash)
    // Whoever operates the machine knows whom they give it to.
    yield* users.proveEmail(user.value)
    yield* Console.log(password)
    if (user.value.hasSecondFactor && !options.dropSecondFactor) {
      yield* Console.error("A code of the second factor is still asked for: --drop-second-factor removes it.")
    }
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        Users.layer.pipe(Layer.provide(Organizations.layer)),
        Passwords.Passwords.layer,
        // Removing needs no key.
        SecondFactor.layer.pipe(Layer.provide(SecretBox.layer()))
      )
    )
  )
