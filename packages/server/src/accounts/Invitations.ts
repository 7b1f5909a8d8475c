/**
 * Invitations (`osinv_…`): links that let somebody into an organization, once. Stored as SHA-256, shown once.
 */
import { AuthApi, OrganizationApi, Problem, Role, Token } from "@openseer/core"
import { Context, Effect, Layer, Redacted } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { lockGrowth, lockMembers } from "../db/OrganizationLock.ts"
import { newId } from "../NewId.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { aboveOwn, roleOf } from "./Members.ts"
import { hashOf, newToken } from "./TokenHash.ts"

/** Makes, lists, revokes and takes invitations. */
export class Invitations extends Context.Service<
  Invitations,
  {
    /** A new invitation by a member, of a role up to their own. `token` and `url` can be seen only now. */
    readonly create: (
      organizationKey: number,
      actorKey: number,
      input: OrganizationApi.InvitationInput
    ) => Effect.Effect<OrganizationApi.NewInvitation, DatabaseBusy | Problem.Forbidden | Problem.LimitReached>
    /** The open ones, newest first. */
    readonly list: (organizationKey: number) => Effect.Effect<ReadonlyArray<OrganizationApi.Invitation>, DatabaseBusy>
    /** Ends one that was not accepted; doing so twice changes nothing. Fails with `NotFound`. */
    readonly revoke: (
      organizationKey: number,
      invitationId: string
    ) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
    /** What whoever holds the link may know. Fails with `LinkInvalid` when it lets nobody in. */
    readonly look: (token: string) => Effect.Effect<AuthApi.InvitationFacts, DatabaseBusy | Problem.LinkInvalid>
    /**
     * Makes a user a member, for a transaction of the caller's: `Database.asInstance`. Of any that race with one link one
     * is let in. Whoever is a member already stays what they are, and uses nothing up. Fails with `LinkInvalid`.
     */
    readonly accept: (
      token: string,
      user: { readonly userKey: number; readonly email: string }
    ) => Effect.Effect<{ readonly organizationKey: number; readonly role: Role.Role }, SqlError | Problem.LinkInvalid>
  }
>()("@openseer/server/Invitations") {
  static readonly layer: Layer.Layer<Invitations, never, Database> = Layer.effect(
    Invitations,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asOrganization } = yield* Database
  const { sql } = api
  const publicUrl = yield* PublicUrl

  const isOpen = sql.literal("i.accepted_at is null and i.revoked_at is null and i.expires_at > now()")

  const columns = sql.literal(`i.invitation_id, i.role, i.email, i.created_at, i.expires_at,
    (select u.name from auth.users u where u.user_key = i.invited_by) as invited_by`)

  /** Served by `invitations_organization`. */
  const countOpen = (organizationKey: number) => sql<{ count: number }>`
    select count(*)::int as count from auth.invitations i where i.organization_key = ${organizationKey} and ${isOpen}`

  /** The second run of a repeated transaction finds its own row. */
  const insert = (row: {
    readonly id: string
    readonly organizationKey: number
    readonly actorKey: number
    readonly input: OrganizationApi.InvitationInput
    readonly hash: string
  }) => sql<InvitationRow>`
    insert into auth.invitations as i (invitation_id, organization_key, role, email, token_hash, invited_by, expires_at)
    values (${row.id}, ${row.organizationKey}, ${row.input.role}, ${row.input.email ?? null}::text,
            decode(${row.hash}, 'hex'), ${row.actorKey},
            now() + ${row.input.expiresInMs ?? AuthApi.invitationExpiresInMsDefault}::float8 * interval '1 millisecond')
    on conflict (invitation_id) do update set revoked_at = null
    returning ${columns}`

  const create = Effect.fn("Invitations.create")(function* (
    organizationKey: number,
    actorKey: number,
    input: OrganizationApi.InvitationInput
  ) {
    const id = yield* newId("inv")
    const { hash, token } = yield* newToken("osinv")
    const row = yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        yield* lockMembers(sql, organizationKey)
        const actor = (yield* roleOf(sql, organizationKey, actorKey)) ?? "viewer"
        if (!Role.mayManage(actor, input.role)) return yield* aboveOwn(actor)
        yield* lockGrowth(sql, organizationKey)
        const [counted] = yield* countOpen(organizationKey)
        if ((counted?.count ?? 0) >= OrganizationApi.membersMax) {
          return yield* new Problem.LimitReached({
            limit: OrganizationApi.membersMax,
            detail: "revoke an invitation first"
          })
        }
        const [inserted] = yield* insert({ id, organizationKey, actorKey, input, hash })
        return inserted!
      })
    )
    const text = Redacted.value(token)
    return { ...toInvitation(row), token: text, url: `${publicUrl}/invite?token=${text}` }
  })

  /** Served by `invitations_organization`. */
  const list = Effect.fn("Invitations.list")((organizationKey: number) =>
    asOrganization(
      organizationKey,
      sql<InvitationRow>`
        select ${columns} from auth.invitations i where i.organization_key = ${organizationKey} and ${isOpen}
         order by i.created_at desc, i.invitation_id limit ${OrganizationApi.membersMax}`
    ).pipe(Effect.map((rows) => rows.map(toInvitation)))
  )

  const revoke = Effect.fn("Invitations.revoke")(function* (organizationKey: number, invitationId: string) {
    const rows = yield* asOrganization(
      organizationKey,
      sql`update auth.invitations set revoked_at = coalesce(revoked_at, now())
           where invitation_id = ${invitationId} and organization_key = ${organizationKey} and accepted_at is null
          returning invitation_id`
    )
    if (rows.length === 0) return yield* new Problem.NotFound()
  })

  /** Served by the unique index on the hash. */
  const find = (hash: string) => sql<InvitationRow & { organization_name: string }>`
    select ${columns}, o.name as organization_name
      from auth.invitations i join auth.organizations o using (organization_key)
     where i.token_hash = decode(${hash}, 'hex') and ${isOpen}`

  const look = Effect.fn("Invitations.look")(function* (token: string) {
    const [row] = Token.isWellFormed("osinv", token) ? yield* api.run(find(hashOf(token))) : []
    if (row === undefined) return yield* new Problem.LinkInvalid()
    const { email, expiresAt, invitedBy, role } = toInvitation(row)
    return {
      organizationName: row.organization_name,
      role,
      expiresAt,
      ...(email === undefined ? {} : { email }),
      ...(invitedBy === undefined ? {} : { invitedBy })
    }
  })

  /** That of an open link, or of one that this user has used. */
  const organizationOf = (hash: string, userKey: number) => sql<{ organization_key: number }>`
    select i.organization_key from auth.invitations i
     where i.token_hash = decode(${hash}, 'hex') and (${isOpen} or i.accepted_by = ${userKey})`

  const countMembers = (organizationKey: number) => sql<{ count: number }>`
    select count(*)::int as count from auth.members where organization_key = ${organizationKey}`

  /** Locks the row: of two that race for the link, the second finds it used. */
  const take = (hash: string, userKey: number, email: string) => sql<{ role: Role.Role }>`
    update auth.invitations i set accepted_at = now(), accepted_by = ${userKey}
     where i.token_hash = decode(${hash}, 'hex') and ${isOpen}
       and (i.email is null or lower(i.email) = lower(${email}))
    returning i.role`

  const insertMember = (organizationKey: number, userKey: number, role: Role.Role) => sql`
    insert into auth.members (organization_key, user_key, role) values (${organizationKey}, ${userKey}, ${role})`

  const accept = Effect.fn("Invitations.accept")(function* (
    token: string,
    { email, userKey }: { readonly userKey: number; readonly email: string }
  ) {
    if (!Token.isWellFormed("osinv", token)) return yield* new Problem.LinkInvalid()
    const hash = hashOf(token)
    const [found] = yield* organizationOf(hash, userKey)
    if (found === undefined) return yield* new Problem.LinkInvalid()
    const organizationKey = found.organization_key
    yield* lockMembers(sql, organizationKey)
    const before = yield* roleOf(sql, organizationKey, userKey)
    if (before !== undefined) return { organizationKey, role: before }
    const [counted] = yield* countMembers(organizationKey)
    if ((counted?.count ?? 0) >= OrganizationApi.membersMax) {
      return yield* new Problem.LinkInvalid({ detail: "the organization has as many members as it may have" })
    }
    const [taken] = yield* take(hash, userKey, email)
    if (taken === undefined) return yield* new Problem.LinkInvalid()
    yield* insertMember(organizationKey, userKey, taken.role)
    return { organizationKey, role: taken.role }
  })

  return Invitations.of({ create, list, revoke, look, accept })
})

interface InvitationRow {
  readonly invitation_id: string
  readonly role: Role.Role
  readonly email: string | null
  readonly invited_by: string | null
  readonly created_at: Date
  readonly expires_at: Date
}

const toInvitation = (row: InvitationRow): OrganizationApi.Invitation => ({
  id: row.invitation_id,
  role: row.role,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  ...(row.email === null ? {} : { email: row.email }),
  ...(row.invited_by === null ? {} : { invitedBy: row.invited_by })
})
