/**
 * Sessions: where people are signed in. A cookie holds 256 random bits; the database holds their SHA-256.
 */
import { type AccountApi, Problem, type Role } from "@openseer/core"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { Lucia, TimeSpan } from "lucia"
import { randomBytes } from "node:crypto"
import { Database } from "../db/Database.ts"
import { DatabaseBusy } from "../db/DatabaseError.ts"
import { newId } from "../NewId.ts"
import * as SessionAdapter from "./SessionAdapter.ts"
import { Site } from "./Site.ts"
import type { User } from "./Users.ts"

/** A session, by the token of a request. `renewed`: send its cookie again. */
export interface KnownSession {
  readonly sessionId: string
  readonly userId: string
  readonly userKey: number
  readonly organizationKey?: number
  readonly role?: Role.Role
  readonly renewed?: Redacted.Redacted
}

/** What is known of whoever asks, for lists and for limits. */
export interface ClientFacts {
  readonly userAgent?: string
  readonly address?: string
  /** The token of a browser in which somebody signed in before. */
  readonly device?: Redacted.Redacted
}

/** Begins, recognises, lists and ends sessions. */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** The name of the cookie. */
    readonly cookieName: string
    /** The token in a `Cookie` header, if there is one. */
    readonly read: (cookieHeader: string | undefined) => Option.Option<Redacted.Redacted>
    /** Whose session it is, if it is valid now. Not cached: one that is revoked is refused on the next request. */
    readonly authenticate: (token: Redacted.Redacted) => Effect.Effect<Option.Option<KnownSession>, DatabaseBusy>
    /** A new session; the token for its cookie. Without `organizationKey` in the one that they used last. */
    readonly begin: (
      userId: string,
      client: ClientFacts,
      organizationKey?: number
    ) => Effect.Effect<Redacted.Redacted, DatabaseBusy>
    /** The same for a user whose password was verified, or whose second factor: none when that was changed since. */
    readonly beginAs: (
      user: User,
      client: ClientFacts,
      organizationKey?: number
    ) => Effect.Effect<Option.Option<Redacted.Redacted>, DatabaseBusy>
    readonly end: (token: Redacted.Redacted) => Effect.Effect<void, DatabaseBusy>
    /** Ends all sessions of somebody. */
    readonly endAll: (userId: string) => Effect.Effect<void, DatabaseBusy>
    /** Whether a session began in the last {@link recentMinutes}: whoever uses it has just shown who they are. */
    readonly isRecent: (sessionId: string) => Effect.Effect<boolean, DatabaseBusy>
    /** Where somebody is signed in, the last used first, at most {@link sessionsListedMax}. */
    readonly list: (
      userKey: number,
      currentSessionId: string
    ) => Effect.Effect<ReadonlyArray<AccountApi.Session>, DatabaseBusy>
    /** Ends one of somebody's own sessions. Fails with `NotFound`. */
    readonly revoke: (userKey: number, sessionId: string) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
    /** Ends all of somebody's sessions but one. */
    readonly revokeOthers: (userKey: number, sessionId: string) => Effect.Effect<void, DatabaseBusy>
    /** Takes a session to another organization of the same person. */
    readonly moveTo: (sessionId: string, organizationKey: number) => Effect.Effect<void, DatabaseBusy>
    /** Deletes those that have expired. */
    readonly expire: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/Sessions") {
  static readonly layer: Layer.Layer<Sessions, never, Database> = Layer.effect(
    Sessions,
    Effect.suspend(() => make)
  )
}

/** How long a session is one that somebody has just begun, in minutes. */
export const recentMinutes = 10

/** The most sessions in one list. */
export const sessionsListedMax = 100

const make = Effect.gen(function* () {
  const { api } = yield* Database
  const { run, sql } = api
  const { insecureCookies } = yield* Site
  const runPromise = Effect.runPromiseWith(yield* Effect.context<never>())
  const lucia = new Lucia(
    SessionAdapter.make(sql, (statement) => runPromise(run(statement))),
    {
      sessionExpiresIn: new TimeSpan(SessionAdapter.idleDays, "d"),
      sessionCookie: { name: insecureCookies ? "openseer" : "__Host-openseer" },
      getSessionAttributes: (row) => ({ row: row as SessionAdapter.SessionRow })
    }
  )
  const authenticate = Effect.fn("Sessions.authenticate")(function* (token: Redacted.Redacted) {
    const { session } = yield* asked(() => lucia.validateSession(Redacted.value(token)))
    if (session === null) return Option.none()
    const { row } = session as typeof session & { readonly row: SessionAdapter.SessionRow }
    return Option.some<KnownSession>({
      sessionId: row.session_id,
      userId: row.user_id,
      userKey: row.user_key,
      ...(row.organization_key === null ? {} : { organizationKey: row.organization_key, role: row.role as Role.Role }),
      ...(session.fresh ? { renewed: token } : {})
    })
  })

  /** Where somebody was last: served by `sessions_user`. Where they are no member any more, requests find another. */
  const lastOrganization = (userId: string) => sql<{ key: number | null }>`
    select organization_key as key from auth.sessions s join auth.users u using (user_key)
     where u.user_id = ${userId} order by seen_at desc limit 1`

  const insert = Effect.fnUntraced(function* (
    userId: string,
    client: ClientFacts,
    organizationKey: number | undefined,
    provedAs: { readonly provedAs?: User }
  ) {
    const token = randomBytes(32).toString("base64url")
    const attributes: SessionAdapter.NewSession = {
      sessionId: yield* newId("ses"),
      organizationKey: organizationKey ?? (yield* run(lastOrganization(userId)))[0]?.key ?? null,
      userAgent: client.userAgent?.slice(0, 512) ?? null,
      address: client.address ?? null,
      ...provedAs
    }
    yield* asked(() => lucia.createSession(userId, attributes, { sessionId: token }))
    return Redacted.make(token)
  })

  /** Served by the unique index on the identifier. */
  const isRecent = Effect.fn("Sessions.isRecent")(function* (sessionId: string) {
    const rows = yield* run(sql`
      select from auth.sessions
       where session_id = ${sessionId} and created_at > now() - ${recentMinutes} * interval '1 minute'`)
    return rows.length > 0
  })

  const begin = Effect.fn("Sessions.begin")((userId: string, client: ClientFacts, organizationKey?: number) =>
    insert(userId, client, organizationKey, {})
  )

  const beginAs = Effect.fn("Sessions.beginAs")((user: User, client: ClientFacts, organizationKey?: number) =>
    insert(user.userId, client, organizationKey, { provedAs: user }).pipe(
      Effect.asSome,
      Effect.catchDefect((defect) =>
        defect instanceof SessionAdapter.Superseded ? Effect.succeedNone : Effect.die(defect)
      )
    )
  )

  const list = Effect.fn("Sessions.list")(function* (userKey: number, currentSessionId: string) {
    const rows = yield* run(sql<ListedRow>`
      select session_id, created_at, seen_at, expires_at, user_agent, address from auth.sessions
       where user_key = ${userKey} and expires_at > now() order by seen_at desc limit ${sessionsListedMax}`)
    return rows.map((row) => toSession(row, currentSessionId))
  })

  const revoke = Effect.fn("Sessions.revoke")(function* (userKey: number, sessionId: string) {
    const rows = yield* run(sql`
      delete from auth.sessions where session_id = ${sessionId} and user_key = ${userKey} returning session_id`)
    if (rows.length === 0) return yield* new Problem.NotFound()
  })

  return Sessions.of({
    cookieName: lucia.sessionCookieName,
    read: (cookieHeader) =>
      Option.map(Option.fromNullishOr(lucia.readSessionCookie(cookieHeader ?? "")), (token) => Redacted.make(token)),
    authenticate,
    begin,
    beginAs,
    end: (token) => asked(() => lucia.invalidateSession(Redacted.value(token))),
    endAll: (userId) => asked(() => lucia.invalidateUserSessions(userId)),
    isRecent,
    list,
    revoke,
    revokeOthers: Effect.fn("Sessions.revokeOthers")((userKey: number, sessionId: string) =>
      run(sql`delete from auth.sessions where user_key = ${userKey} and session_id <> ${sessionId}`)
    ),
    moveTo: Effect.fn("Sessions.moveTo")((sessionId: string, organizationKey: number) =>
      run(sql`update auth.sessions set organization_key = ${organizationKey} where session_id = ${sessionId}`)
    ),
    expire: asked(() => lucia.deleteExpiredSessions())
  })
})

/** What lucia answers; a busy database is a failure, and anything else that its adapter throws a defect. */
const asked = <A>(answer: () => Promise<A>): Effect.Effect<A, DatabaseBusy> =>
  Effect.promise(answer).pipe(
    Effect.catchDefect((defect) => (defect instanceof DatabaseBusy ? Effect.fail(defect) : Effect.die(defect)))
  )

interface ListedRow {
  readonly session_id: string
  readonly created_at: Date
  readonly seen_at: Date
  readonly expires_at: Date
  readonly user_agent: string | null
  readonly address: string | null
}

const toSession = (row: ListedRow, currentSessionId: string): AccountApi.Session => ({
  id: row.session_id,
  isCurrent: row.session_id === currentSessionId,
  createdAt: row.created_at.toISOString(),
  seenAt: row.seen_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  ...(row.user_agent === null ? {} : { userAgent: row.user_agent }),
  ...(row.address === null ? {} : { address: row.address })
})
