/**
 * What a person has of their own, over REST: profile, sessions, second factor, and the organizations they are in.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { SessionId } from "../accounts/Id.ts"
import { Role } from "../accounts/Role.ts"
import { Instant } from "../monitor/Monitor.ts"
import { ApiProblems, PersonAuth, Scope } from "./Auth.ts"
import { Code, DisplayName, Email, GivenPassword, LinkToken, Password } from "./AuthApi.ts"
import {
  BadInput,
  Forbidden,
  LimitReached,
  LinkInvalid,
  NotFound,
  SessionTooOld,
  TooManyAttemptsResponse
} from "./Problem.ts"

/** The most organizations of one owner, unless they own the instance. */
export const organizationsOwnedMax = 20

/** An organization that somebody is a member of, and as what. The identifier is that of `Organization`. */
export const Membership = Schema.Struct({ id: Schema.String, name: Schema.String, role: Role }).annotate({
  identifier: "Membership"
})
export type Membership = typeof Membership.Type

/**
 * Who is signed in. `organization` is the one whose monitors they see now, null when they are in none; `scopes` is what
 * they may do in it. Without `hasPassword` they sign in with the identity provider alone.
 */
export const Account = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  email: Schema.String,
  hasPassword: Schema.Boolean,
  hasSecondFactor: Schema.Boolean,
  recoveryCodesLeft: Schema.Int,
  sessionId: SessionId,
  organization: Schema.NullOr(Membership),
  scopes: Schema.Array(Scope),
  organizations: Schema.Array(Membership),
  mayCreateOrganization: Schema.Boolean
}).annotate({ identifier: "Account" })
export type Account = typeof Account.Type

/** What changes a profile. Another email address needs the password. */
export const AccountChange = Schema.Struct({
  name: Schema.optionalKey(DisplayName),
  email: Schema.optionalKey(Email),
  currentPassword: Schema.optionalKey(GivenPassword)
}).annotate({ identifier: "AccountChange" })
export type AccountChange = typeof AccountChange.Type

/** Where somebody is signed in. `isCurrent`: it is the one that asks. */
export const Session = Schema.Struct({
  id: SessionId,
  isCurrent: Schema.Boolean,
  createdAt: Instant,
  seenAt: Instant,
  expiresAt: Instant,
  userAgent: Schema.optionalKey(Schema.String),
  address: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "Session" })
export type Session = typeof Session.Type

/** A second factor that is not confirmed yet: the secret in base32, and the URI for an authenticator app (or its QR code). */
export const SecondFactorOffer = Schema.Struct({ secret: Schema.String, uri: Schema.String }).annotate({
  identifier: "SecondFactorOffer"
})
export type SecondFactorOffer = typeof SecondFactorOffer.Type

/** Codes that each sign in once when the app is lost. They are shown this once. */
export const RecoveryCodes = Schema.Struct({ codes: Schema.Array(Schema.String) }).annotate({
  identifier: "RecoveryCodes"
})
export type RecoveryCodes = typeof RecoveryCodes.Type

/**
 * What weakens an account needs the password again, or without one a code of the second factor, or without both a session
 * that began in the last ten minutes. What weakens a second factor needs a code of it besides the password.
 */
export const Confirmation = Schema.Struct({
  currentPassword: Schema.optionalKey(GivenPassword),
  code: Schema.optionalKey(Code)
}).annotate({ identifier: "Confirmation" })
export type Confirmation = typeof Confirmation.Type

const operation = (summary: string, description: string) => OpenApi.annotations({ summary, description })
const refusals = [BadInput, TooManyAttemptsResponse] as const
/** Of what {@link Confirmation} is asked for. */
const unconfirmed = [...refusals, SessionTooOld] as const

/** The endpoints of the person who is signed in. */
export class AccountApi extends HttpApiGroup.make("account")
  .add(
    HttpApiEndpoint.get("get", "/", { success: Account }).annotateMerge(
      operation("Get the account", "Who is signed in, in which organization and as what.")
    ),
    HttpApiEndpoint.patch("update", "/", {
      payload: AccountChange,
      success: Account,
      error: unconfirmed
    }).annotateMerge(operation("Change the profile", "Replaces the members that are given.")),
    HttpApiEndpoint.post("password", "/password", {
      payload: Schema.Struct({ currentPassword: Schema.optionalKey(GivenPassword), newPassword: Password }),
      error: unconfirmed
    }).annotateMerge(operation("Change the password", "Ends all other sessions, and renews this one.")),
    HttpApiEndpoint.get("sessions", "/sessions", {
      success: Schema.Struct({ items: Schema.Array(Session) }).annotate({ identifier: "Sessions" })
    }).annotateMerge(operation("List sessions", "Where the person is signed in, the last used first.")),
    HttpApiEndpoint.delete("revokeSession", "/sessions/:sessionId", {
      params: { sessionId: SessionId },
      error: NotFound
    }).annotateMerge(operation("End a session", "It is signed out from its next request on.")),
    HttpApiEndpoint.delete("revokeOtherSessions", "/sessions", {}).annotateMerge(
      operation("End all other sessions", "All but the one that asks.")
    ),
    HttpApiEndpoint.post("offerSecondFactor", "/second-factor", {
      payload: Confirmation,
      success: SecondFactorOffer,
      error: unconfirmed
    }).annotateMerge(operation("Begin a second factor", "It holds once it is confirmed with a code.")),
    HttpApiEndpoint.post("confirmSecondFactor", "/second-factor/confirm", {
      payload: Schema.Struct({ code: Code }),
      success: RecoveryCodes,
      error: refusals
    }).annotateMerge(operation("Confirm the second factor", "Answers recovery codes and ends all other sessions.")),
    HttpApiEndpoint.post("removeSecondFactor", "/second-factor/remove", {
      payload: Confirmation,
      error: unconfirmed
    }).annotateMerge(
      operation("Remove the second factor", "And its recovery codes. Needs a code of either besides the password.")
    ),
    HttpApiEndpoint.post("renewRecoveryCodes", "/recovery-codes", {
      payload: Confirmation,
      success: RecoveryCodes,
      error: unconfirmed
    }).annotateMerge(
      operation("Make new recovery codes", "Those before are not valid any more. Needs a code besides the password.")
    ),
    HttpApiEndpoint.post("switchOrganization", "/organization", {
      payload: Schema.Struct({ organizationId: Schema.String.check(Schema.isMaxLength(64)) }),
      success: Account,
      error: NotFound
    }).annotateMerge(operation("Switch the organization", "Of this session.")),
    HttpApiEndpoint.post("createOrganization", "/organizations", {
      payload: Schema.Struct({ name: DisplayName }),
      success: Account.pipe(HttpApiSchema.status(201)),
      error: [BadInput, Forbidden, LimitReached]
    }).annotateMerge(
      operation(
        "Create an organization",
        `Whoever creates it is its owner, and this session is in it. One person may own ${organizationsOwnedMax}; owners of ` +
          "the instance create as many as they want."
      )
    ),
    HttpApiEndpoint.post("acceptInvitation", "/invitations", {
      payload: Schema.Struct({ token: LinkToken }),
      success: Account,
      error: LinkInvalid
    }).annotateMerge(
      operation("Accept an invitation", "By whoever is signed in; this session is then in that organization.")
    )
  )
  .middleware(ApiProblems)
  .middleware(PersonAuth)
  .prefix("/api/v1/account")
  .annotateMerge(OpenApi.annotations({ title: "Account", description: "What a person has of their own." })) {}
