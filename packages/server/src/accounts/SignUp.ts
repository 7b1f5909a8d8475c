/**
 * Making an account: by an invitation, or, where registration is open, with an organization of one's own.
 */
import { type AuthApi, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { Actor } from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { newId } from "../NewId.ts"
import { Invitations } from "./Invitations.ts"
import { Organizations } from "./Organizations.ts"
import * as Passwords from "./Passwords.ts"
import { SetupLinks } from "./SetupLinks.ts"
import { Site } from "./Site.ts"
import { emailTaken, insertUser } from "./Users.ts"

/** Who was made, and where they begin. */
export interface SignedUp {
  readonly userId: string
  readonly userKey: number
  readonly organizationKey: number
}

/** Makes accounts. */
export class SignUp extends Context.Service<
  SignUp,
  {
    /** Whether somebody may, with or without an invitation. Fails with `Forbidden`. */
    readonly permit: (invitation: string | undefined) => Effect.Effect<void, DatabaseBusy | Problem.Forbidden>
    /** An account with a password. Fails with `BadInput` when the email address has one, or the password is bad. */
    readonly withPassword: (
      input: AuthApi.SignUpInput
    ) => Effect.Effect<
      SignedUp,
      DatabaseBusy | Problem.BadInput | Problem.Forbidden | Problem.LinkInvalid | Problem.ServiceUnavailable
    >
    /** Makes a signed-in user a member by an invitation; the organization. Fails with `LinkInvalid`. */
    readonly accept: (
      token: string,
      user: { readonly userKey: number; readonly email: string }
    ) => Effect.Effect<number, DatabaseBusy | Problem.LinkInvalid>
  }
>()("@openseer/server/SignUp") {
  static readonly layer: Layer.Layer<
    SignUp,
    never,
    Database | Invitations | Organizations | Passwords.Passwords | SetupLinks
  > = Layer.effect(
    SignUp,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asInstance } = yield* Database
  const { sql } = api
  const invitations = yield* Invitations
  const organizations = yield* Organizations
  const passwords = yield* Passwords.Passwords
  const { needsSetup } = yield* SetupLinks
  const { registration } = yield* Site

  const permit = Effect.fn("SignUp.permit")(function* (invitation: string | undefined) {
    if (registration === "closed") return yield* new Problem.Forbidden({ detail: "registration is closed" })
    if (invitation !== undefined) return
    if (registration === "invitation") return yield* new Problem.Forbidden({ detail: "ask for an invitation" })
    // The first user is the owner of the instance, and has read its console.
    if (yield* needsSetup) return yield* new Problem.Forbidden({ detail: "open the setup link first" })
  })

  const withPassword = Effect.fn("SignUp.withPassword")(function* (input: AuthApi.SignUpInput) {
    const { email, invitation, name } = input
    yield* permit(invitation)
    if (invitation !== undefined) {
      const facts = yield* invitations.look(invitation)
      if (facts.email !== undefined && facts.email.toLowerCase() !== email.toLowerCase()) {
        return yield* new Problem.BadInput({
          errors: [{ path: "email", message: `the invitation is for ${facts.email}` }]
        })
      }
    }
    yield* Passwords.accept("password", input.password, input)
    const passwordHash = yield* passwords.hash(input.password)
    const userId = yield* newId("usr")
    const organizationId = yield* newId("org")
    const made = Effect.gen(function* () {
      // An invitation for the address proves nothing: whoever made it has its link.
      const userKey = yield* insertUser(sql, { userId, email, name, passwordHash, isEmailProven: false })
      if (Option.isNone(userKey)) return yield* emailTaken()
      const user = { userKey: userKey.value, email }
      const { organizationKey } = yield* invitation === undefined
        ? organizations.create(input.organizationName ?? name, user.userKey, organizationId)
        : invitations.accept(invitation, user)
      return { userId, userKey: user.userKey, organizationKey }
    })
    return yield* Effect.provideService(asInstance(made), Actor, { kind: "user", id: userId, name })
  })

  const accept = Effect.fn("SignUp.accept")(
    (token: string, user: { readonly userKey: number; readonly email: string }) =>
      Effect.map(asInstance(invitations.accept(token, user)), ({ organizationKey }) => organizationKey)
  )

  return SignUp.of({ permit, withPassword, accept })
})
