/**
 * Signing in, over REST: nothing here needs a credential. What succeeds sets the cookie of a session; what has a
 * second factor sets that of an attempt, which `secondFactor` completes. The names of cookies are the server's affair.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Role } from "../accounts/Role.ts"
import { Instant, Label } from "../monitor/Monitor.ts"
import { ApiProblems } from "./Auth.ts"
import { AlreadySetUp, BadInput, Forbidden, LinkInvalid, SignInRefused, TooManyAttemptsResponse } from "./Problem.ts"

/** The shortest password, in characters. */
export const passwordLengthMin = 12

/** The longest password, in characters. */
export const passwordLengthMax = 128

/** The longest name of a person or an organization, in characters. */
export const displayNameLengthMax = 80

/** How long an invitation is valid that does not say, in milliseconds: seven days. */
export const invitationExpiresInMsDefault = 604_800_000

/**
 * An email address, trimmed: something, an `@`, and a domain; upper and lower case are one address. What is lower case
 * beyond ASCII, Unicode, PostgreSQL and its locales see differently (`İ`, `Σ` at the end of a word): such letters are given
 * in lower case, and in the one form that stays what it is (NFKC).
 */
export const Email = Schema.Trim.check(
  Schema.makeFilter((text: string) => {
    if (text.length > 254) return "must have at most 254 characters"
    if (!/^[^\s@\p{Cc}\p{Cf}]+@[^\s@\p{Cc}\p{Cf}.]+(\.[^\s@\p{Cc}\p{Cf}.]+)*$/u.test(text)) {
      return "must be an email address"
    }
    const beyond = text.replaceAll(/[A-Z]/g, "")
    if (beyond !== beyond.toLowerCase()) return "must have letters other than A to Z in lower case"
    return text === text.normalize("NFKC") || "must have no characters that are another way to write others"
  })
).annotate({ identifier: "Email", format: "email" })

/** A password as it was typed: any characters, nothing trimmed. Whether it is a good one the server says. */
export const Password = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const length = [...text].length
    if (length < passwordLengthMin) return `must have at least ${passwordLengthMin} characters`
    return length <= passwordLengthMax || `must have at most ${passwordLengthMax} characters`
  })
).annotate({ identifier: "Password", format: "password" })

/** A password to compare with the one that is known: it may be anything. */
export const GivenPassword = Schema.String.check(Schema.isMaxLength(1_024)).annotate({ format: "password" })

/** The name of a person or an organization. */
export const DisplayName = Label(displayNameLengthMax)

/** A code from an authenticator app, six digits, or a recovery code. Spaces and dashes don't count. */
export const Code = Schema.String.check(Schema.isMaxLength(40)).annotate({ identifier: "Code" })

/** The token of a link, as it stands in its URL. */
export const LinkToken = Schema.String.check(Schema.isMaxLength(128)).annotate({ identifier: "LinkToken" })

/** Who may make an account: those who are invited, anybody, or nobody. */
export const Registration = Schema.Literals(["invitation", "open", "closed"]).annotate({ identifier: "Registration" })
export type Registration = typeof Registration.Type

/** What the sign-in page must know. `oidc` is absent when there is no provider; its name is for the button. */
export const AuthOptions = Schema.Struct({
  needsSetup: Schema.Boolean.annotate({ description: "Nobody has claimed the instance yet: open the setup link" }),
  registration: Registration,
  oidc: Schema.optionalKey(Schema.Struct({ name: Schema.String, path: Schema.String })),
  serverVersion: Schema.String
}).annotate({ identifier: "AuthOptions" })
export type AuthOptions = typeof AuthOptions.Type

/** What claims the instance: the token of the setup link, and who becomes its owner. */
export const SetupInput = Schema.Struct({
  token: LinkToken,
  organizationName: DisplayName,
  name: DisplayName,
  email: Email,
  password: Password
}).annotate({ identifier: "SetupInput" })
export type SetupInput = typeof SetupInput.Type

/** What signs in. */
export const SignInInput = Schema.Struct({
  email: Schema.Trim.check(Schema.isMaxLength(254)),
  password: GivenPassword
}).annotate({ identifier: "SignInInput" })
export type SignInInput = typeof SignInInput.Type

/**
 * What makes an account: with `invitation`, the token of its link, a member of that organization; else, where
 * registration is open, the owner of a new one named `organizationName`.
 */
export const SignUpInput = Schema.Struct({
  name: DisplayName,
  email: Email,
  password: Password,
  invitation: Schema.optionalKey(LinkToken),
  organizationName: Schema.optionalKey(DisplayName)
}).annotate({ identifier: "SignUpInput" })
export type SignUpInput = typeof SignUpInput.Type

/** Whether somebody is signed in now, or must give a code first. */
export const SignInAnswer = Schema.Struct({
  status: Schema.Literals(["signed_in", "second_factor"])
}).annotate({ identifier: "SignInAnswer" })
export type SignInAnswer = typeof SignInAnswer.Type

/** What whoever holds the link of an invitation may know of it. With `email`, only that address may accept it. */
export const InvitationFacts = Schema.Struct({
  organizationName: Schema.String,
  role: Role,
  email: Schema.optionalKey(Schema.String),
  invitedBy: Schema.optionalKey(Schema.String),
  expiresAt: Instant
}).annotate({ identifier: "InvitationFacts" })
export type InvitationFacts = typeof InvitationFacts.Type

const operation = (summary: string, description: string) => OpenApi.annotations({ summary, description })

/** The endpoints of signing in. */
export class AuthApi extends HttpApiGroup.make("auth")
  .add(
    HttpApiEndpoint.get("options", "/options", { success: AuthOptions }).annotateMerge(
      operation("Get the ways to sign in", "What a sign-in page must know.")
    ),
    HttpApiEndpoint.post("setup", "/setup", {
      payload: SetupInput,
      success: SignInAnswer,
      error: [BadInput, LinkInvalid, AlreadySetUp, TooManyAttemptsResponse]
    }).annotateMerge(operation("Claim the instance", "Makes its owner, who is signed in. Of any that race one wins.")),
    HttpApiEndpoint.post("signIn", "/sign-in", {
      payload: SignInInput,
      success: SignInAnswer,
      error: [SignInRefused, TooManyAttemptsResponse]
    }).annotateMerge(operation("Sign in", "With email and password. It is not said which of them is wrong.")),
    HttpApiEndpoint.post("secondFactor", "/second-factor", {
      payload: Schema.Struct({ code: Code }),
      success: SignInAnswer,
      error: [SignInRefused, TooManyAttemptsResponse]
    }).annotateMerge(operation("Give the second factor", "A code of the authenticator app, or a recovery code.")),
    HttpApiEndpoint.post("signUp", "/sign-up", {
      payload: SignUpInput,
      success: SignInAnswer,
      error: [BadInput, Forbidden, LinkInvalid, TooManyAttemptsResponse]
    }).annotateMerge(operation("Make an account", "By an invitation, or where registration is open.")),
    HttpApiEndpoint.post("invitation", "/invitation", {
      payload: Schema.Struct({ token: LinkToken }),
      success: InvitationFacts,
      error: LinkInvalid
    }).annotateMerge(operation("Look at an invitation", "For whoever holds its link.")),
    HttpApiEndpoint.post("signOut", "/sign-out", {}).annotateMerge(
      operation("Sign out", "Ends the session of the cookie, if there is one.")
    )
  )
  .middleware(ApiProblems)
  .prefix("/api/v1/auth")
  .annotateMerge(OpenApi.annotations({ title: "Sign-in", description: "How people get in." })) {}
