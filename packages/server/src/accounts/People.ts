/**
 * Everything about people, as one layer.
 */
import { Layer } from "effect"
import { Attempts } from "./Attempts.ts"
import { Confirmations } from "./Confirmations.ts"
import { Invitations } from "./Invitations.ts"
import { KnownDevices } from "./KnownDevices.ts"
import { Organizations } from "./Organizations.ts"
import { Passwords } from "./Passwords.ts"
import { Sessions } from "./Sessions.ts"
import { SetupLinks } from "./SetupLinks.ts"
import { SignIn } from "./SignIn.ts"
import { Users } from "./Users.ts"

const base = Layer.mergeAll(
  Users.layer,
  Passwords.layer,
  Sessions.layer,
  KnownDevices.layer,
  Attempts.layer,
  Invitations.layer
).pipe(Layer.provideMerge(Organizations.layer))

/** Users, sessions, and the ways in. What the instance differs in from the default is in `Site` and `PublicUrl`. */
export const layer = Layer.mergeAll(SignIn.layer, SetupLinks.layer, Confirmations.layer).pipe(Layer.provideMerge(base))

/** What {@link layer} provides. */
export type Services = Layer.Success<typeof layer>
