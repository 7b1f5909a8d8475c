/**
 * Users: who they are, and which organizations they are in.
 */
import { AccountApi, Problem, Role } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { lockOwned } from "../db/OrganizationLock.ts"
import type { Pool } from "../db/Pool.ts"
import { newId } from "../NewId.ts"
import { Organizations } from "./Organizations.ts"
import { Site } from "./Site.ts"

/** A user, as those see them who let people in. Nothing of it leaves the control plane. */
export interface User {
  readonly userKey: number
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly passwordHash: string | null
  readonly hasSecondFactor: boolean
}

/** Whose account is asked for, and through which session. */
export interface AccountOwner {
  readonly userKey: number
  readonly sessionId: string
  readonly organizationKey?: number
}

/** Finds and changes users. */
export class Users extends Context.Service<
  Users,
  {
    readonly byEmail: (email: string) => Effect.Effect<Option.Option<User>, DatabaseBusy>
    readonly byKey: (userKey: number) => Effect.Effect<User, DatabaseBusy>
    /** The account as its owner sees it. */
    readonly account: (owner: AccountOwner) => Effect.Effect<AccountApi.Account, DatabaseBusy>
    /** Replaces what is given. Fails with `BadInput` when another user has the email address. */
    readonly update: (
      userKey: number,
      change: { readonly name?: string; readonly email?: string }
    ) => Effect.Effect<void, DatabaseBusy | Problem.BadInput>
    /** Replaces the password and ends all sessions and sign-ins, with those that have seen the old one and go on. */
    readonly setPassword: (userKey: number, passwordHash: string) => Effect.Effect<void, DatabaseBusy>
    /** Notes that the email address was shown to be the user's, unless it is another one by now. */
    readonly proveEmail: (user: Pick<User, "userKey" | "email">) => Effect.Effect<void, DatabaseBusy>
    /** The organization with this identifier, if the user is in it. Fails with `NotFound`. */
    readonly organizationOf: (
      userKey: number,
      organizationId: string
    ) => Effect.Effect<number, DatabaseBusy | Problem.NotFound>
    /**
     * A new organization, whose owner the user is. Fails with `Forbidden` where only the instance's owners may, and with
     * `LimitReached` for others who own `AccountApi.organizationsOwnedMax`.
     */
    readonly createOrganization: (
      userKey: number,
      name: string
    ) => Effect.Effect<number, DatabaseBusy | Problem.Forbidden | Problem.LimitReached>
  }
>()("@openseer/server/Users") {
  static readonly layer: Layer.Layer<Users, never, Database | Organizations> = Layer.effect(
    Users,
    Effect.suspend(() => make)
  )
}

/**
 * What a new user is made of. Without `passwordHash` they sign in with the identity provider alone. `isEmailProven`:
 * whether anybody but whoever typed it has said that the address is theirs.
 */
export interface NewUser {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly passwordHash: string | null
  readonly isEmailProven: boolean
}

/**
 * Inserts a user, in a transaction of the caller. None is returned when the email address has an account, unless it is
 * the same user, whom a repeated transaction finds again.
 */
export const insertUser = (sql: Pool["sql"], user: NewUser) =>
  sql<{ user_key: number }>`
    insert into auth.users (user_id, email, name, password_hash, email_proven_at)
    values (${user.userId}, ${user.email}, ${user.name}, ${user.passwordHash}::text,
            case when ${user.isEmailProven}::boolean then now() end)
    on conflict (lower(email)) do update set email = excluded.email where users.user_id = excluded.user_id
    returning user_key`.pipe(Effect.map(([row]) => Option.map(Option.fromNullishOr(row), (found) => found.user_key)))

/** Makes somebody a member, in a transaction of the caller. Whoever is one stays what they are. */
export const insertMember = (sql: Pool["sql"], organizationKey: number, userKey: number, role: Role.Role) =>
  sql`insert into auth.members (organization_key, user_key, role) values (${organizationKey}, ${userKey}, ${role})
      on conflict (organization_key, user_key) do nothing`

/**
 * Whether password and second factor of a row of `auth.users` are what they were when the user was read. A sign-in asks as
 * it is written, with a lock `for share` on the row: what it was proved by may have been changed meanwhile.
 */
export const isStill = (sql: Pool["sql"], user: Pick<User, "passwordHash" | "hasSecondFactor">) =>
  sql`password_hash is not distinct from ${user.passwordHash}::text
      and (totp_confirmed_at is not null) = ${user.hasSecondFactor}`

/** What says that an email address is taken. */
export const emailTaken = () =>
  new Problem.BadInput({ errors: [{ path: "email", message: "has an account already: sign in" }] })

const make = Effect.gen(function* () {
  const { api, asInstance } = yield* Database
  const { run, sql } = api
  const { registration } = yield* Site
  const organizations = yield* Organizations

  const columns = sql.literal(
    "user_key, user_id, email, name, password_hash, totp_confirmed_at is not null as has_second_factor"
  )

  /** Served by `users_email`. */
  const byEmail = Effect.fn("Users.byEmail")(function* (email: string) {
    const [row] = yield* run(sql<UserRow>`select ${columns} from auth.users where lower(email) = lower(${email})`)
    return Option.map(Option.fromNullishOr(row), toUser)
  })

  const byKey = Effect.fn("Users.byKey")(function* (userKey: number) {
    const [row] = yield* run(sql<UserRow>`select ${columns} from auth.users where user_key = ${userKey}`)
    return toUser(row!)
  })

  /** Whoever owns the instance's own organization. */
  const ownsInstance = (userKey: number) => sql`
    exists (select from auth.instance i join auth.members m using (organization_key)
             where m.user_key = ${userKey} and m.role = 'owner')`

  const account = Effect.fn("Users.account")(function* ({ organizationKey, sessionId, userKey }: AccountOwner) {
    const [user] = yield* run(sql<AccountRow>`
      select ${columns}, ${ownsInstance(userKey)} as owns_instance,
             (select count(*)::int from auth.recovery_codes c where c.user_key = u.user_key and c.used_at is null) as codes
        from auth.users u where user_key = ${userKey}`)
    const rows = yield* run(sql<MembershipRow>`
      select organization_key, organization_id, name, role from auth.members join auth.organizations using (organization_key)
       where user_key = ${userKey} order by name, organization_id`)
    const current = rows.find((row) => row.organization_key === organizationKey)
    return {
      id: user!.user_id,
      name: user!.name,
      email: user!.email,
      hasPassword: user!.password_hash !== null,
      hasSecondFactor: user!.has_second_factor,
      recoveryCodesLeft: user!.codes,
      sessionId,
      organization: current === undefined ? null : toMembership(current),
      scopes: current === undefined ? [] : Role.scopesOf(current.role),
      organizations: rows.map(toMembership),
      mayCreateOrganization: registration === "open" || user!.owns_instance
    } satisfies AccountApi.Account
  })

  const update = Effect.fn("Users.update")(function* (
    userKey: number,
    change: { readonly name?: string; readonly email?: string }
  ) {
    yield* asInstance(
      sql`update auth.users set name = coalesce(${change.name ?? null}::text, name),
                                email = coalesce(${change.email ?? null}::text, email)
           where user_key = ${userKey}`.pipe(
        Effect.catchReason("SqlError", "UniqueViolation", () => Effect.fail(emailTaken()))
      )
    )
  })

  const writePassword = (userKey: number, passwordHash: string) =>
    sql`update auth.users set password_hash = ${passwordHash} where user_key = ${userKey}`

  /** Served by `sessions_user`. */
  const endSessions = (userKey: number) => sql`delete from auth.sessions where user_key = ${userKey}`

  const endPending = (userKey: number) => sql`delete from auth.pending_sign_ins where user_key = ${userKey}`

  /**
   * Three statements, since only one that begins after the row is locked sees what sign-ins wrote that had it locked
   * before; those that come later find another password. Safe to run twice.
   */
  const setPassword = Effect.fn("Users.setPassword")((userKey: number, passwordHash: string) =>
    asInstance(
      writePassword(userKey, passwordHash).pipe(
        Effect.andThen(endSessions(userKey)),
        Effect.andThen(endPending(userKey)),
        Effect.asVoid
      )
    )
  )

  /** Writes once for an address. By primary key. */
  const proveEmail = Effect.fn("Users.proveEmail")(({ email, userKey }: Pick<User, "userKey" | "email">) =>
    run(sql`
      update auth.users set email_proven_at = now()
       where user_key = ${userKey} and lower(email) = lower(${email}) and email_proven_at is null`)
  )

  const organizationOf = Effect.fn("Users.organizationOf")(function* (userKey: number, organizationId: string) {
    const [row] = yield* run(sql<{ key: number }>`
      select organization_key as key from auth.members join auth.organizations using (organization_key)
       where user_key = ${userKey} and organization_id = ${organizationId}`)
    return row === undefined ? yield* new Problem.NotFound() : row.key
  })

  /** Served by `members_user`. Without the one that a repeated transaction has made already. */
  const countOwned = (userKey: number, organizationId: string) => sql<{ count: number }>`
    select count(*)::int as count from auth.members join auth.organizations using (organization_key)
     where user_key = ${userKey} and role = 'owner' and organization_id <> ${organizationId}`

  const createOrganization = Effect.fn("Users.createOrganization")(function* (userKey: number, name: string) {
    const [row] = yield* run(sql<{ may: boolean }>`select ${ownsInstance(userKey)} as may`)
    if (registration !== "open" && row?.may !== true) {
      return yield* new Problem.Forbidden({ detail: "only owners of the instance make organizations here" })
    }
    const organizationId = yield* newId("org")
    const made = Effect.gen(function* () {
      if (row?.may !== true) {
        yield* lockOwned(sql, userKey)
        const [owned] = yield* countOwned(userKey, organizationId)
        if ((owned?.count ?? 0) >= AccountApi.organizationsOwnedMax) {
          return yield* new Problem.LimitReached({
            limit: AccountApi.organizationsOwnedMax,
            detail: `one person may own ${AccountApi.organizationsOwnedMax} organizations`
          })
        }
      }
      return yield* organizations.create(name, userKey, organizationId)
    })
    return (yield* asInstance(made)).organizationKey
  })

  return Users.of({
    byEmail,
    byKey,
    account,
    update,
    setPassword,
    proveEmail,
    organizationOf,
    createOrganization
  })
})

interface UserRow {
  readonly user_key: number
  readonly user_id: string
  readonly email: string
  readonly name: string
  readonly password_hash: string | null
  readonly has_second_factor: boolean
}

interface AccountRow extends UserRow {
  readonly owns_instance: boolean
  readonly codes: number
}

interface MembershipRow {
  readonly organization_key: number
  readonly organization_id: string
  readonly name: string
  readonly role: Role.Role
}

const toUser = (row: UserRow): User => ({
  userKey: row.user_key,
  userId: row.user_id,
  email: row.email,
  name: row.name,
  passwordHash: row.password_hash,
  hasSecondFactor: row.has_second_factor
})

const toMembership = (row: MembershipRow): AccountApi.Membership => ({
  id: row.organization_id,
  name: row.name,
  role: row.role
})
