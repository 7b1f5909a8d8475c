/**
 * Signing in: a password, a second factor where there is one, and then a session.
 */
import { type AuthApi, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option, type Redacted } from "effect"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as Attempts from "./Attempts.ts"
import { AuditLog } from "./AuditLog.ts"
import { KnownDevices } from "./KnownDevices.ts"
import { Passwords } from "./Passwords.ts"
import { PendingSignIns } from "./PendingSignIns.ts"
import { SecondFactor } from "./SecondFactor.ts"
import { type ClientFacts, Sessions } from "./Sessions.ts"
import { type User, Users } from "./Users.ts"

/** Somebody is in: the tokens for the cookies. */
export interface Entry {
  readonly status: "signed_in"
  readonly session: Redacted.Redacted
  readonly device: Redacted.Redacted
}

/** Somebody must give their second factor: the token for the cookie of the sign-in that waits for it. */
export interface Pending {
  readonly status: "second_factor"
  readonly pending: Redacted.Redacted
}

/** Lets people in. */
export class SignIn extends Context.Service<
  SignIn,
  {
    /** By email and password. Whether there is such an account is told neither by the answer nor by its time. */
    readonly withPassword: (
      input: AuthApi.SignInInput,
      client: ClientFacts
    ) => Effect.Effect<
      Entry | Pending,
      DatabaseBusy | Problem.SignInRefused | Problem.TooManyAttempts | Problem.ServiceUnavailable
    >
    /** By a code, after {@link Pending}. */
    readonly withSecondFactor: (
      pending: Option.Option<Redacted.Redacted>,
      code: string,
      client: ClientFacts
    ) => Effect.Effect<Entry, DatabaseBusy | Problem.SignInRefused | Problem.TooManyAttempts>
    /** Whoever has proved who they are without a password, but for the second factor where there is one. */
    readonly proceed: (
      user: User,
      client: ClientFacts,
      organizationKey?: number
    ) => Effect.Effect<Entry | Pending, DatabaseBusy>
    /** Whoever was made just now: a new session in their organization. */
    readonly enter: (
      user: Pick<User, "userId" | "userKey">,
      client: ClientFacts,
      organizationKey: number
    ) => Effect.Effect<Entry, DatabaseBusy>
  }
>()("@openseer/server/SignIn") {
  static readonly layer: Layer.Layer<
    SignIn,
    never,
    Users | Passwords | Sessions | KnownDevices | Attempts.Attempts | PendingSignIns | SecondFactor | AuditLog
  > = Layer.effect(
    SignIn,
    Effect.suspend(() => make)
  )
}

/** No user: what is recorded of one takes the same steps and is written nowhere. */
const nobody = 0

const make = Effect.gen(function* () {
  const users = yield* Users
  const passwords = yield* Passwords
  const sessions = yield* Sessions
  const devices = yield* KnownDevices
  const attempts = yield* Attempts.Attempts
  const pendings = yield* PendingSignIns
  const secondFactor = yield* SecondFactor
  const auditLog = yield* AuditLog

  /** Somebody tried to sign in as a user, from where the address says. */
  const refused = Effect.fnUntraced(function* (userKey: number, { address }: ClientFacts, what: string) {
    const actor = { kind: "system" as const, ...(address === undefined ? {} : { address }) }
    yield* auditLog.recordOfUser(userKey, { action: "session.refused", actor, detail: { what } })
    return yield* new Problem.SignInRefused()
  })

  const entry = Effect.fnUntraced(function* (
    { userId, userKey }: Pick<User, "userId" | "userKey">,
    client: ClientFacts,
    session: Redacted.Redacted
  ) {
    const { address } = client
    const actor = { kind: "user" as const, id: userId, ...(address === undefined ? {} : { address }) }
    yield* auditLog.recordOfUser(userKey, { action: "session.sign_in", actor })
    return { status: "signed_in", session, device: yield* devices.remember(client.device, userKey) } satisfies Entry
  })

  const enter = Effect.fn("SignIn.enter")(function* (
    user: Pick<User, "userId" | "userKey">,
    client: ClientFacts,
    organizationKey: number
  ) {
    return yield* entry(user, client, yield* sessions.begin(user.userId, client, organizationKey))
  })

  /** Whoever has proved everything. None when what they proved it by was changed since they were read. */
  const enterAs = Effect.fnUntraced(function* (user: User, client: ClientFacts, organizationKey?: number) {
    const session = yield* sessions.beginAs(user, client, organizationKey)
    return Option.isNone(session) ? Option.none() : Option.some(yield* entry(user, client, session.value))
  })

  /** The next step of whoever has proved who they are. None as of {@link enterAs}. */
  const next = (
    user: User,
    client: ClientFacts,
    organizationKey?: number
  ): Effect.Effect<Option.Option<Entry | Pending>, DatabaseBusy> =>
    user.hasSecondFactor
      ? Effect.map(
          pendings.begin(user),
          Option.map((pending) => ({ status: "second_factor", pending }))
        )
      : enterAs(user, client, organizationKey)

  const withPassword = Effect.fn("SignIn.withPassword")(function* (input: AuthApi.SignInInput, client: ClientFacts) {
    // The same steps whether there is such a user or not.
    const user = Option.getOrUndefined(yield* users.byEmail(input.email))
    const device = yield* devices.find(client.device, user?.userKey)
    const subjects =
      Option.isSome(device) && user !== undefined
        ? [Attempts.ofDevice(device.value, user.userKey)]
        : [...Attempts.ofAddress(client.address), Attempts.ofEmail(user?.email ?? input.email)]
    const known = yield* attempts.counted(
      subjects,
      Effect.gen(function* () {
        const isRight = yield* passwords.verify(input.password, user?.passwordHash)
        if (isRight && user !== undefined) return user
        return yield* refused(user?.userKey ?? nobody, client, "password")
      })
    )
    // The password was changed while this one waited for its turn.
    const step = yield* next(known, client)
    if (Option.isSome(step)) return step.value
    return yield* new Problem.SignInRefused()
  })

  const proceed: SignIn["Service"]["proceed"] = Effect.fn("SignIn.proceed")(function* (user, client, organizationKey) {
    const step = yield* next(user, client, organizationKey)
    // What the provider proved holds: only whether there is a second factor is to be read again.
    return Option.isSome(step) ? step.value : yield* proceed(yield* users.byKey(user.userKey), client, organizationKey)
  })

  const withSecondFactor = Effect.fn("SignIn.withSecondFactor")(function* (
    pending: Option.Option<Redacted.Redacted>,
    code: string,
    client: ClientFacts
  ) {
    const userKey = Option.isNone(pending) ? Option.none() : yield* pendings.find(pending.value)
    if (Option.isNone(pending) || Option.isNone(userKey)) return yield* new Problem.SignInRefused()
    const device = yield* devices.find(client.device, userKey.value)
    // Read before the pending sign-in ends, which a change of the password would have ended.
    const user = yield* users.byKey(userKey.value)
    yield* attempts.counted(
      [Option.isSome(device) ? Attempts.ofDevice(device.value, userKey.value) : Attempts.ofCodes(userKey.value)],
      Effect.gen(function* () {
        if (yield* secondFactor.take(userKey.value, code)) return
        yield* pendings.fail(pending.value)
        return yield* refused(userKey.value, client, "second factor")
      })
    )
    const entered = (yield* pendings.end(pending.value)) ? yield* enterAs(user, client) : Option.none()
    if (Option.isSome(entered)) return entered.value
    return yield* new Problem.SignInRefused()
  })

  return SignIn.of({ withPassword, withSecondFactor, proceed, enter })
})
