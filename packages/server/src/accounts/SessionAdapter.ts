/**
 * Where lucia keeps sessions. It stores the SHA-256 of a token and never the token, and by the database's clock alone:
 * lucia compares instants of its own clock, so it is told how much time is left from now on.
 */
import { Data, type Effect } from "effect"
import type { Adapter, DatabaseSession } from "lucia"
import type { Pool } from "../db/Pool.ts"
import { hashOf } from "./TokenHash.ts"
import { isStill, type User } from "./Users.ts"

/** How long a session lives that nobody uses, in days. */
export const idleDays = 7

/** How long a session lives at most, in days. */
export const absoluteDays = 30

/** A session and whose it is, as it stands in the database now. */
export interface SessionRow {
  readonly session_id: string
  readonly user_id: string
  readonly user_key: number
  /** What it is in: its own organization, or another one of the person when they left that. */
  readonly organization_key: number | null
  readonly role: string | null
  readonly remaining_ms: number
  /** It lives as long as it may already. */
  readonly is_last: boolean
  /** What is noted at most once a minute: that it is used, and in which organization. */
  readonly is_stale: boolean
}

/** What is known of the browser that a session begins in. */
export interface NewSession {
  readonly sessionId: string
  readonly organizationKey: number | null
  readonly userAgent: string | null
  readonly address: string | null
  /** What it was proved by, where something was: the user as they were read. */
  readonly provedAs?: User
}

/** No session begins: the user is gone, or not any more what it was proved by. */
export class Superseded extends Data.TaggedError("Superseded")<{}> {}

/**
 * The adapter on a pool. `run` turns statements into promises; attributes of sessions are a {@link SessionRow}, or a
 * {@link NewSession} when one begins. lucia's registry of types stays empty: it belongs to the program we are part of.
 */
export const make = (sql: Pool["sql"], run: <A, E>(statement: Effect.Effect<A, E>) => Promise<A>): Adapter => ({
  getSessionAndUser: async (token) => {
    const [row] = await run(find(sql, hashOf(token)))
    if (row === undefined) return [null, null]
    if (row.is_stale) await run(touch(sql, hashOf(token), row.organization_key))
    // Half a life and more is left: lucia has nothing to renew.
    const leftMs = row.is_last ? Math.max(row.remaining_ms, (idleDays / 2 + 1) * 86_400_000) : row.remaining_ms
    return [
      // The token, not its hash: lucia hands it back to the other methods.
      { id: token, userId: row.user_id, expiresAt: new Date(Date.now() + leftMs), attributes: row },
      { id: row.user_id, attributes: {} }
    ]
  },
  getUserSessions: async (userId) =>
    (await run(listOf(sql, userId))).map((row): DatabaseSession => ({
      // Nobody knows the tokens; a hash must never be taken for one.
      id: "",
      userId,
      expiresAt: new Date(Date.now() + row.remaining_ms),
      attributes: {}
    })),
  setSession: async ({ attributes, id, userId }) => {
    const inserted = await run(insert(sql, hashOf(id), userId, attributes as NewSession))
    if (inserted.length === 0) throw new Superseded()
  },
  updateSessionExpiration: async (token) => {
    await run(prolong(sql, hashOf(token)))
  },
  deleteSession: async (token) => {
    await run(sql`delete from auth.sessions where session_hash = decode(${hashOf(token)}, 'hex')`)
  },
  deleteUserSessions: async (userId) => {
    await run(
      sql`delete from auth.sessions where user_key = (select user_key from auth.users where user_id = ${userId})`
    )
  },
  deleteExpiredSessions: async () => {
    await run(deleteExpired(sql))
  }
})

const absolute = `${absoluteDays} days`
const idle = `${idleDays} days`

/**
 * One statement for each request. Served by the primary key and `members_user`; the role is as it is now. Of somebody who
 * left the organization of the session, another one of theirs, the one that they are in for longest.
 */
const find = (sql: Pool["sql"], hash: string) => sql<SessionRow>`
  select s.session_id, u.user_id, s.user_key, m.organization_key, m.role,
         (extract(epoch from s.expires_at - now()) * 1000)::float8 as remaining_ms,
         s.expires_at >= s.created_at + ${absolute}::interval as is_last,
         s.seen_at < now() - interval '1 minute' or s.organization_key is distinct from m.organization_key as is_stale
    from auth.sessions s
    join auth.users u using (user_key)
    left join lateral (
      select m.organization_key, m.role from auth.members m where m.user_key = s.user_key
       order by (m.organization_key = s.organization_key) desc nulls last, m.joined_at, m.organization_key limit 1
    ) m on true
   where s.session_hash = decode(${hash}, 'hex') and s.expires_at > now()
     and s.created_at > now() - ${absolute}::interval`

/** Locks the row. */
const touch = (sql: Pool["sql"], hash: string, organizationKey: number | null) => sql`
  update auth.sessions set seen_at = now(), organization_key = ${organizationKey}::int
   where session_hash = decode(${hash}, 'hex')`

/** Served by `sessions_user`. */
const listOf = (sql: Pool["sql"], userId: string) => sql<{ remaining_ms: number }>`
  select (extract(epoch from s.expires_at - now()) * 1000)::float8 as remaining_ms
    from auth.sessions s join auth.users u using (user_key)
   where u.user_id = ${userId} and s.expires_at > now()`

/**
 * Locks the user for those who change it. The second run of a repeated statement finds its own row. Of one who was removed
 * or changed meanwhile nothing is inserted.
 */
const insert = (sql: Pool["sql"], hash: string, userId: string, session: NewSession) => sql`
  insert into auth.sessions (session_hash, session_id, user_key, organization_key, expires_at, user_agent, address)
  select decode(${hash}, 'hex'), ${session.sessionId}, user_key, ${session.organizationKey}::int,
         now() + ${idle}::interval, ${session.userAgent}::text, ${session.address}::text
    from auth.users
   where user_id = ${userId} and ${session.provedAs === undefined ? sql.literal("true") : isStill(sql, session.provedAs)}
     for share
  on conflict (session_hash) do update set session_id = excluded.session_id
  returning session_id`

/** Locks the row. Never past the absolute end. */
const prolong = (sql: Pool["sql"], hash: string) => sql`
  update auth.sessions
     set seen_at = now(), expires_at = least(now() + ${idle}::interval, created_at + ${absolute}::interval)
   where session_hash = decode(${hash}, 'hex')`

/** Served by `sessions_expires`. Safe to run twice, by anybody. */
const deleteExpired = (sql: Pool["sql"]) => sql`delete from auth.sessions where expires_at <= now()`
