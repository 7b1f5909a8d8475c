/**
 * Members: who is in an organization and as what. At least one owner stays, and nobody manages a role above their own.
 */
import { type OrganizationApi, Problem, Role } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { lockMembers } from "../db/OrganizationLock.ts"
import type { SqlClient } from "../db/Pool.ts"

/** Lists members, changes their roles and removes them. `actorKey` is the user who does it. */
export class Members extends Context.Service<
  Members,
  {
    /** By name. */
    readonly list: (organizationKey: number) => Effect.Effect<ReadonlyArray<OrganizationApi.Member>, DatabaseBusy>
    /** Gives a member another role. It holds from their next request on. */
    readonly update: (
      organizationKey: number,
      actorKey: number,
      userId: string,
      role: Role.Role
    ) => Effect.Effect<OrganizationApi.Member, DatabaseBusy | Problem.Forbidden | Problem.NotFound | Problem.LastOwner>
    /** Ends a membership: that of another, or one's own. Sessions in the organization leave it. */
    readonly remove: (
      organizationKey: number,
      actorKey: number,
      userId: string
    ) => Effect.Effect<void, DatabaseBusy | Problem.Forbidden | Problem.NotFound | Problem.LastOwner>
  }
>()("@openseer/server/Members") {
  static readonly layer: Layer.Layer<Members, never, Database> = Layer.effect(
    Members,
    Effect.suspend(() => make)
  )
}

/** The role of a user in an organization, if they have one. Of a transaction under `lockMembers` it stays so. */
export const roleOf = (sql: SqlClient, organizationKey: number, userKey: number) =>
  sql<{ role: Role.Role }>`
    select role from auth.members where organization_key = ${organizationKey} and user_key = ${userKey}`.pipe(
    Effect.map(([row]) => row?.role)
  )

const make = Effect.gen(function* () {
  const { api, asOrganization } = yield* Database
  const { sql } = api

  /** Served by the primary key of members, then by the keys of users and `sessions_user`. */
  const read = (organizationKey: number, userId?: string) => sql<MemberRow>`
    select u.user_id, u.name, u.email, m.role, u.totp_confirmed_at is not null as has_second_factor, m.joined_at,
           (select max(s.seen_at) from auth.sessions s
             where s.user_key = m.user_key and s.organization_key = m.organization_key) as seen_at
      from auth.members m join auth.users u using (user_key)
     where m.organization_key = ${organizationKey} ${userId === undefined ? sql.literal("") : sql`and u.user_id = ${userId}`}
     order by lower(u.name), u.user_key`

  const find = (organizationKey: number, userId: string) => sql<{ user_key: number; role: Role.Role }>`
    select m.user_key, m.role from auth.members m join auth.users u using (user_key)
     where m.organization_key = ${organizationKey} and u.user_id = ${userId}`

  const countOwners = (organizationKey: number) => sql<{ count: number }>`
    select count(*)::int as count from auth.members
     where organization_key = ${organizationKey} and role = 'owner'`

  /** The actor's role and the member that it is about, under the lock: what is decided on them holds. */
  const both = Effect.fnUntraced(function* (organizationKey: number, actorKey: number, userId: string) {
    yield* lockMembers(sql, organizationKey)
    const actor = yield* roleOf(sql, organizationKey, actorKey)
    // Removed since the request was let in.
    if (actor === undefined) return yield* new Problem.Forbidden({ detail: "you are not a member any more" })
    const [member] = yield* find(organizationKey, userId)
    return member === undefined ? yield* new Problem.NotFound() : { actor, member }
  })

  const keepOwner = Effect.fnUntraced(function* (organizationKey: number) {
    const [counted] = yield* countOwners(organizationKey)
    if ((counted?.count ?? 0) <= 1) return yield* new Problem.LastOwner()
  })

  /** By primary key. Safe to run twice. */
  const write = (organizationKey: number, userKey: number, role: Role.Role) => sql`
    update auth.members set role = ${role} where organization_key = ${organizationKey} and user_key = ${userKey}`

  /** Ends the open invitations of a member that give more than they may give now. Served by `invitations_organization`. */
  const endInvitations = (organizationKey: number, userKey: number, role: Role.Role) => sql`
    update auth.invitations set revoked_at = now()
     where organization_key = ${organizationKey} and invited_by = ${userKey} and accepted_at is null
       and revoked_at is null
       and role <> all (${`{${Role.roles.filter((given) => Role.mayManage(role, given)).join(",")}}`}::text[])`

  const update = Effect.fn("Members.update")(function* (
    organizationKey: number,
    actorKey: number,
    userId: string,
    role: Role.Role
  ) {
    const [row] = yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const { actor, member } = yield* both(organizationKey, actorKey, userId)
        if (!Role.mayManage(actor, member.role) || !Role.mayManage(actor, role)) return yield* aboveOwn(actor)
        if (member.role === "owner" && role !== "owner") yield* keepOwner(organizationKey)
        yield* write(organizationKey, member.user_key, role)
        yield* endInvitations(organizationKey, member.user_key, role)
        return yield* read(organizationKey, userId)
      })
    )
    return toMember(row!)
  })

  const remove = Effect.fn("Members.remove")(function* (organizationKey: number, actorKey: number, userId: string) {
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const { actor, member } = yield* both(organizationKey, actorKey, userId)
        const isLeaving = member.user_key === actorKey
        if (!isLeaving && !Role.mayManage(actor, member.role)) return yield* aboveOwn(actor)
        if (member.role === "owner") yield* keepOwner(organizationKey)
        yield* sql`
          delete from auth.members where organization_key = ${organizationKey} and user_key = ${member.user_key}`
      })
    )
  })

  return Members.of({
    list: Effect.fn("Members.list")((organizationKey: number) =>
      Effect.map(asOrganization(organizationKey, read(organizationKey)), (rows) => rows.map(toMember))
    ),
    update,
    remove
  })
})

/** A role that the actor may not give, change or take away. */
export const aboveOwn = (actor: Role.Role): Problem.Forbidden =>
  new Problem.Forbidden({
    detail: Role.mayManage(actor, "viewer")
      ? `as ${actor} you manage roles up to ${actor}`
      : "only admins and owners manage members"
  })

interface MemberRow {
  readonly user_id: string
  readonly name: string
  readonly email: string
  readonly role: Role.Role
  readonly has_second_factor: boolean
  readonly joined_at: Date
  readonly seen_at: Date | null
}

const toMember = (row: MemberRow): OrganizationApi.Member => ({
  userId: row.user_id,
  name: row.name,
  email: row.email,
  role: row.role,
  hasSecondFactor: row.has_second_factor,
  joinedAt: row.joined_at.toISOString(),
  ...(row.seen_at === null ? {} : { seenAt: row.seen_at.toISOString() })
})
