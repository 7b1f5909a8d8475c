/**
 * Everything about people, as one layer.
 */
import { Effect, Layer } from "effect"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { Attempts } from "./Attempts.ts"
import { AuditLog } from "./AuditLog.ts"
import { Confirmations } from "./Confirmations.ts"
import { Invitations } from "./Invitations.ts"
import { KnownDevices } from "./KnownDevices.ts"
import { OidcSignIn } from "./OidcSignIn.ts"
import { Organizations } from "./Organizations.ts"
import { Passwords } from "./Passwords.ts"
import { PendingSignIns } from "./PendingSignIns.ts"
import { SecondFactor } from "./SecondFactor.ts"
import { Sessions } from "./Sessions.ts"
import { SetupLinks } from "./SetupLinks.ts"
import { SignIn } from "./SignIn.ts"
import { SignUp } from "./SignUp.ts"
import { Users } from "./Users.ts"

const base = Layer.mergeAll(
  Users.layer,
  Passwords.layer,
  Sessions.layer,
  KnownDevices.layer,
  Attempts.layer,
  AuditLog.layer,
  PendingSignIns.layer,
  SecondFactor.layer,
  Invitations.layer
).pipe(Layer.provideMerge(Organizations.layer))

/** Users, sessions, and the ways in. What the instance differs in from the default is in `Site` and `PublicUrl`. */
export const layer = OidcSignIn.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(SignIn.layer, SignUp.layer, Confirmations.layer)),
  Layer.provideMerge(SetupLinks.layer),
  Layer.provideMerge(base)
)

/** What {@link layer} provides. */
export type Services = Layer.Success<typeof layer>

/** Deletes what has expired or counts no more. Safe to run twice, by anybody. */
export const expire: Effect.Effect<
  void,
  DatabaseBusy,
  Sessions | PendingSignIns | SetupLinks | KnownDevices | Attempts
> = Effect.gen(function* () {
  yield* (yield* Sessions).expire
  yield* (yield* PendingSignIns).expire
  yield* (yield* SetupLinks).expire
  yield* (yield* KnownDevices).expire
  yield* (yield* Attempts).forget
})
