/**
 * Setup links: whoever reads the console of an instance that nobody owns makes its first user, once.
 */
import { type AuthApi, Problem, Token } from "@openseer/core"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { Actor } from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { newId } from "../NewId.ts"
import { Organizations } from "./Organizations.ts"
import * as Passwords from "./Passwords.ts"
import { hashOf, newToken } from "./TokenHash.ts"
import { emailTaken, insertMember, insertUser } from "./Users.ts"

/** How long a setup link is valid, in hours. */
export const setupLinkHours = 24

/** Makes links and claims the instance with one. */
export class SetupLinks extends Context.Service<
  SetupLinks,
  {
    /** Whether the instance has no user yet. */
    readonly needsSetup: Effect.Effect<boolean, DatabaseBusy>
    /** A new link, beside those before; none when somebody has claimed the instance. */
    readonly create: Effect.Effect<Option.Option<Redacted.Redacted>, DatabaseBusy>
    /**
     * Makes the owner of the instance and its organization; the one that `openseer bootstrap` made is taken over, with the
     * name that is given. Of any number that race, one wins. The identifier of the user, and what to begin a session with.
     */
    readonly claim: (
      input: AuthApi.SetupInput
    ) => Effect.Effect<
      { readonly userId: string; readonly userKey: number; readonly organizationKey: number },
      DatabaseBusy | Problem.AlreadySetUp | Problem.LinkInvalid | Problem.BadInput | Problem.ServiceUnavailable
    >
    /** Deletes those that have expired. */
    readonly expire: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/SetupLinks") {
  static readonly layer: Layer.Layer<SetupLinks, never, Database | Passwords.Passwords | Organizations> = Layer.effect(
    SetupLinks,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asInstance } = yield* Database
  const { run, sql } = api
  const publicUrl = yield* PublicUrl
  const passwords = yield* Passwords.Passwords
  const organizations = yield* Organizations

  const isUnclaimed = sql<{ is_unclaimed: boolean }>`
    select not exists (select from auth.users) as is_unclaimed`.pipe(Effect.map(([row]) => row?.is_unclaimed === true))

  const create = Effect.gen(function* () {
    const { hash, token } = yield* newToken("osset")
    const made = yield* run(sql`
      insert into auth.setup_links (token_hash, expires_at)
      select decode(${hash}, 'hex'), now() + ${setupLinkHours} * interval '1 hour'
       where not exists (select from auth.users)
      on conflict (token_hash) do update set expires_at = excluded.expires_at returning expires_at`)
    return made.length === 0
      ? Option.none()
      : Option.some(Redacted.make(`${publicUrl}/setup?token=${Redacted.value(token)}`))
  }).pipe(Effect.withSpan("SetupLinks.create"))

  const isValid = (token: string) =>
    Effect.map(
      sql`select from auth.setup_links where token_hash = decode(${hashOf(token)}, 'hex') and expires_at > now()`,
      (rows) => rows.length > 0
    )

  /** The instance's organization, made when there is none; the user owns it. Under the lock of `openseer bootstrap`. */
  const own = Effect.fnUntraced(function* (name: string, userKey: number, organizationId: string) {
    const [before] = yield* sql<{ key: number }>`
      update auth.organizations set name = ${name}
       where organization_key = (select organization_key from auth.instance) returning organization_key as key`
    if (before !== undefined) {
      yield* insertMember(sql, before.key, userKey, "owner")
      return before.key
    }
    const { organizationKey } = yield* organizations.create(name, userKey, organizationId)
    yield* sql`insert into auth.instance (organization_key) values (${organizationKey})`
    return organizationKey
  })

  const claim = Effect.fn("SetupLinks.claim")(function* (input: AuthApi.SetupInput) {
    // Before the password is hashed: only who has a link makes us work.
    if (!(yield* run(isUnclaimed))) return yield* new Problem.AlreadySetUp()
    if (!Token.isWellFormed("osset", input.token) || !(yield* run(isValid(input.token)))) {
      return yield* new Problem.LinkInvalid({ detail: "openseer setup-link prints a new one" })
    }
    yield* Passwords.accept("password", input.password, input)
    const passwordHash = yield* passwords.hash(input.password)
    const [userId, organizationId] = [yield* newId("usr"), yield* newId("org")]
    const made = Effect.gen(function* () {
      yield* sql`select pg_advisory_xact_lock(7406)`
      const [won] = yield* sql<{ user_key: number; organization_key: number }>`
        select user_key, organization_key from auth.users join auth.members using (user_key) where user_id = ${userId}`
      // A repeated transaction whose first run was committed.
      if (won !== undefined) return { userId, userKey: won.user_key, organizationKey: won.organization_key }
      if (!(yield* isUnclaimed)) return yield* new Problem.AlreadySetUp()
      if (!(yield* isValid(input.token))) return yield* new Problem.LinkInvalid()
      const userKey = yield* insertUser(sql, {
        userId,
        email: input.email,
        name: input.name,
        passwordHash,
        isEmailProven: true
      })
      if (Option.isNone(userKey)) return yield* emailTaken()
      const organizationKey = yield* own(input.organizationName, userKey.value, organizationId)
      yield* sql`delete from auth.setup_links`
      return { userId, userKey: userKey.value, organizationKey }
    })
    return yield* Effect.provideService(asInstance(made), Actor, { kind: "user", id: userId, name: input.name })
  })

  return SetupLinks.of({
    needsSetup: run(isUnclaimed),
    create,
    claim,
    // Served by the primary key's scan: there are never more than a few.
    expire: run(sql`delete from auth.setup_links where expires_at <= now()`)
  })
})
