/**
 * Signing in with an identity provider: who somebody is here whom it let in there, and who may become somebody here.
 */
import { AuthApi, type Problem } from "@openseer/core"
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { timingSafeEqual } from "node:crypto"
import { Actor } from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { newId } from "../NewId.ts"
import { PublicUrl } from "../PublicUrl.ts"
import * as Attempts from "./Attempts.ts"
import { Invitations } from "./Invitations.ts"
import { KnownDevices } from "./KnownDevices.ts"
import * as OidcClient from "./OidcClient.ts"
import { Organizations } from "./Organizations.ts"
import type { ClientFacts } from "./Sessions.ts"
import { SetupLinks } from "./SetupLinks.ts"
import { type Entry, type Pending, SignIn } from "./SignIn.ts"
import { Site } from "./Site.ts"
import { insertMember, insertUser, type User, Users } from "./Users.ts"

/** Where a browser begins to sign in with the provider. */
export const oidcStartPath = "/api/v1/auth/oidc/start"

/** Where the provider sends it back to. */
export const oidcCallbackPath = "/api/v1/auth/oidc/callback"

/** Why it came to nothing: a code for the sign-in page. */
export class OidcRefused extends Schema.TaggedError<OidcRefused>()("OidcRefused", {
  code: Schema.Literals([
    "access_denied",
    "expired",
    "invitation_invalid",
    "email_unverified",
    "email_missing",
    "other_identity",
    "no_account",
    "registration_closed",
    "provider_unavailable",
    "failed"
  ])
}) {}

/** What a cookie keeps while somebody is at the provider. */
const Journey = Schema.fromJsonString(
  Schema.Struct({
    state: Schema.String,
    nonce: Schema.String,
    verifier: Schema.String,
    next: Schema.String,
    invitation: Schema.optionalKey(AuthApi.LinkToken)
  })
)

/** Signs in with the provider. */
export class OidcSignIn extends Context.Service<
  OidcSignIn,
  {
    /** Where the browser goes, and what the cookie keeps until it is back. Fails when there is no provider. */
    readonly begin: (journey: {
      readonly next?: string
      readonly invitation?: string
    }) => Effect.Effect<{ readonly url: string; readonly cookie: Redacted.Redacted }, OidcRefused>
    /**
     * What came of it, and where the browser goes on: a path of ours, that of the invitation for whoever has an account
     * already. Counts as an attempt once it is the answer to what this browser began, unless somebody signed in there.
     */
    readonly complete: (
      answer: URLSearchParams,
      cookie: Option.Option<Redacted.Redacted>,
      client: ClientFacts
    ) => Effect.Effect<
      { readonly entry: Entry | Pending; readonly next: string },
      DatabaseBusy | OidcRefused | Problem.TooManyAttempts
    >
  }
>()("@openseer/server/OidcSignIn") {
  static readonly layer: Layer.Layer<
    OidcSignIn,
    never,
    Database | Users | SignIn | Invitations | Organizations | SetupLinks | Attempts.Attempts | KnownDevices
  > = Layer.effect(
    OidcSignIn,
    Effect.suspend(() => make)
  )
}

const refuse = (code: OidcRefused["code"]) => new OidcRefused({ code })

const make = Effect.gen(function* () {
  const { oidc, registration } = yield* Site
  const publicUrl = yield* PublicUrl
  const { api, asInstance } = yield* Database
  const { run, sql } = api
  const users = yield* Users
  const signIn = yield* SignIn
  const invitations = yield* Invitations
  const organizations = yield* Organizations
  const { needsSetup } = yield* SetupLinks
  const attempts = yield* Attempts.Attempts
  const devices = yield* KnownDevices
  const provider = oidc === undefined ? undefined : yield* OidcClient.make(oidc, `${publicUrl}${oidcCallbackPath}`)

  const client = Effect.suspend(() => (provider === undefined ? refuse("no_account") : Effect.succeed(provider)))

  const begin = Effect.fn("OidcSignIn.begin")(function* (journey: {
    readonly next?: string
    readonly invitation?: string
  }) {
    const asked = yield* client
    const request = yield* asked.newRequest
    const url = yield* told(asked.authorizationUrl(request))
    const { invitation, next } = journey
    const kept = { ...request, next: isOwnPath(next) ? next : "/", ...(invitation === undefined ? {} : { invitation }) }
    const text = yield* Schema.encodeEffect(Journey)(kept).pipe(Effect.mapError(() => refuse("invitation_invalid")))
    return { url, cookie: Redacted.make(Buffer.from(text).toString("base64url")) }
  })

  const byIdentity = (claims: OidcClient.OidcClaims) => sql<{ user_key: number }>`
    select user_key from auth.identities where issuer = ${claims.issuer} and subject = ${claims.subject}`

  const insertIdentity = (claims: OidcClient.OidcClaims, userKey: number) => sql`
    insert into auth.identities (issuer, subject, user_key) values (${claims.issuer}, ${claims.subject}, ${userKey})
    on conflict (issuer, subject) do nothing`

  /** Locks the user's row: of two that link the account at once, the second finds what the first did. */
  const lockUser = ({ email, userKey }: User) => sql<{ is_proven: boolean }>`
    select email_proven_at is not null as is_proven from auth.users
     where user_key = ${userKey} and lower(email) = lower(${email}) for no key update`

  /** Served by `identities_user`. */
  const otherIdentities = (claims: OidcClient.OidcClaims, userKey: number) => sql`
    select from auth.identities where user_key = ${userKey} and issuer = ${claims.issuer} and subject <> ${claims.subject}`

  /** Whatever lets somebody in as the user, but for the password and the second factor. */
  const endEntries = Effect.fnUntraced(function* (userKey: number) {
    yield* sql`delete from auth.sessions where user_key = ${userKey}`
    yield* sql`delete from auth.pending_sign_ins where user_key = ${userKey}`
    yield* sql`delete from auth.known_devices where user_key = ${userKey}`
    yield* sql`delete from auth.recovery_codes where user_key = ${userKey}`
    yield* sql`delete from auth.identities where user_key = ${userKey}`
  })

  /**
   * Somebody whom the provider says has the email address of a user. Anybody can make an account with an address that is
   * not theirs, or change theirs to it, and wait for its owner: unless it was proven before, all that lets in ends, and
   * the provider alone is believed. An account that has an identity of the provider gets no second one: the address may
   * have been given to somebody else there.
   */
  const link = Effect.fnUntraced(function* (claims: OidcClient.OidcClaims, user: User) {
    const { userKey } = user
    const [locked] = yield* lockUser(user)
    // Their address is another one since a moment: the next time nobody is found by it.
    if (locked === undefined) return yield* refuse("failed")
    if ((yield* otherIdentities(claims, userKey)).length > 0) return yield* refuse("other_identity")
    if (locked.is_proven) return yield* insertIdentity(claims, userKey)
    yield* endEntries(userKey)
    // Before the address is proven: the audit log tells that it was not.
    yield* insertIdentity(claims, userKey)
    yield* sql`
      update auth.users set password_hash = null, totp_secret = null, totp_confirmed_at = null, email_proven_at = now()
       where user_key = ${userKey}`
  })

  /** The organization that a new user begins in, in the transaction that makes them. One of their own has the identifier. */
  const place = Effect.fnUntraced(function* (
    { email, name, organizationId, userKey }: Newcomer,
    invitation: string | undefined
  ) {
    if (invitation !== undefined && registration !== "closed") {
      const accepted = invitations.accept(invitation, { userKey, email })
      return (yield* Effect.catchTag(accepted, "LinkInvalid", () => refuse("invitation_invalid"))).organizationKey
    }
    const joinRole = oidc?.joinRole
    if (joinRole !== undefined) {
      const [own] = yield* sql<{ key: number }>`select organization_key as key from auth.instance`
      if (own === undefined) return yield* refuse("no_account")
      yield* insertMember(sql, own.key, userKey, joinRole)
      return own.key
    }
    if (registration === "open") return (yield* organizations.create(name, userKey, organizationId)).organizationKey
    return yield* refuse(registration === "closed" ? "registration_closed" : "no_account")
  })

  const register = Effect.fnUntraced(function* (
    claims: OidcClient.OidcClaims,
    email: string,
    { address, invitation }: Claimant
  ) {
    if (yield* needsSetup) return yield* refuse("no_account")
    const name = yield* Schema.decodeUnknownEffect(AuthApi.DisplayName)(claims.name).pipe(
      Effect.orElseSucceed(() => email.split("@", 1)[0]!.slice(0, AuthApi.displayNameLengthMax))
    )
    const [userId, organizationId] = [yield* newId("usr"), yield* newId("org")]
    const made = Effect.gen(function* () {
      const userKey = yield* insertUser(sql, { userId, email, name, passwordHash: null, isEmailProven: true })
      // Somebody took it a moment ago: the next time they are found by it.
      if (Option.isNone(userKey)) return yield* refuse("failed")
      yield* insertIdentity(claims, userKey.value)
      yield* place({ userKey: userKey.value, email, name, organizationId }, invitation)
      return userKey.value
    })
    return yield* Effect.provideService(asInstance(made), Actor, { ...actorOf({ userId }, address), name })
  })

  /** Who somebody is here: by their identity, else by an email address that the provider has verified, else new. */
  const userOf = Effect.fnUntraced(function* (claims: OidcClient.OidcClaims, claimant: Claimant) {
    const [known] = yield* run(byIdentity(claims))
    if (known !== undefined) {
      const { email, emailVerified } = claims
      if (email !== undefined && emailVerified) yield* users.proveEmail({ userKey: known.user_key, email })
      return { userKey: known.user_key, isNew: false }
    }
    if (claims.email === undefined) return yield* refuse("email_missing")
    const email = yield* Schema.decodeUnknownEffect(AuthApi.Email)(claims.email).pipe(
      Effect.mapError(() => refuse("email_missing"))
    )
    if (!claims.emailVerified) return yield* refuse("email_unverified")
    const user = yield* users.byEmail(email)
    if (Option.isNone(user)) return { userKey: yield* register(claims, email, claimant), isNew: true }
    yield* Effect.provideService(asInstance(link(claims, user.value)), Actor, actorOf(user.value, claimant.address))
    return { userKey: user.value.userKey, isNew: false }
  })

  /** Whoever signed in here before is not kept out by what others let their browser ask. */
  const counted = Effect.fnUntraced(function* <A, E>({ address, device }: ClientFacts, attempt: Effect.Effect<A, E>) {
    const subjects = (yield* devices.isKnown(device)) ? [] : Attempts.ofAddress(address)
    return yield* attempts.counted(subjects, attempt)
  })

  const complete = Effect.fn("OidcSignIn.complete")(function* (
    answer: URLSearchParams,
    cookie: Option.Option<Redacted.Redacted>,
    facts: ClientFacts
  ) {
    const asked = yield* client
    if (Option.isNone(cookie)) return yield* refuse("expired")
    const text = Buffer.from(Redacted.value(cookie.value), "base64url").toString("utf8")
    const journey = yield* Schema.decodeEffect(Journey)(text).pipe(Effect.mapError(() => refuse("expired")))
    if (!isSame(answer.get("state"), journey.state)) return yield* refuse("expired")
    const iss = answer.get("iss")
    // RFC 9207: which provider answered, where it says so.
    if (iss !== null && iss !== oidc?.issuer) return yield* refuse("failed")
    const code = answer.get("code")
    if (code === null) return yield* refuse(answer.get("error") === "access_denied" ? "access_denied" : "failed")
    const { invitation, next } = journey
    const attempt = Effect.gen(function* () {
      const claims = yield* told(asked.claimsOf(code, journey))
      const { isNew, userKey } = yield* userOf(claims, { address: facts.address, invitation })
      const entry = yield* signIn.proceed(yield* users.byKey(userKey), facts)
      // Any site can lead a browser to the provider with an invitation of its own, which is silent for whoever is signed
      // in there: that page asks first.
      const asksFirst = !isNew && invitation !== undefined
      return { entry, next: asksFirst ? `/invite?token=${encodeURIComponent(invitation)}` : next }
    })
    return yield* counted(facts, attempt)
  })

  return OidcSignIn.of({ begin, complete })
})

/** Whoever has just got an account, and the identifier that an organization of their own would have. */
interface Newcomer {
  readonly userKey: number
  readonly email: string
  readonly name: string
  readonly organizationId: string
}

/** Whoever comes from the provider: from where, and with which invitation. */
interface Claimant {
  readonly address: string | undefined
  readonly invitation: string | undefined
}

const actorOf = ({ userId }: Pick<User, "userId">, address: string | undefined) => ({
  kind: "user" as const,
  id: userId,
  ...(address === undefined ? {} : { address })
})

/** What the provider did wrong is for whoever operates it; whoever signs in learns that it did not work. */
const told = <A, E, R>(effect: Effect.Effect<A, E | OidcClient.OidcFailed, R>) =>
  Effect.catchIf(
    effect,
    (error): error is Extract<E | OidcClient.OidcFailed, OidcClient.OidcFailed> =>
      error instanceof OidcClient.OidcFailed,
    ({ message, reason }) =>
      Effect.logWarning("signing in with the identity provider failed").pipe(
        Effect.annotateLogs({ because: message }),
        Effect.andThen(refuse(reason === "unavailable" ? "provider_unavailable" : "failed"))
      )
  )

/** Whether a text is a path of ours, and no browser takes it for another site's. */
const isOwnPath = (next: string | undefined): next is string =>
  next !== undefined && next.length <= 2_048 && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)

const isSame = (given: string | null, expected: string): boolean => {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
