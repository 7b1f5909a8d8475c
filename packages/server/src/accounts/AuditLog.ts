/**
 * The audit log: who changed what. Changes are written by triggers (`sql/0009_audit.sql`); what changes no row that they
 * watch, like signing in, is recorded here.
 */
import { OrganizationApi, Problem } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import * as Actor from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** How long entries are kept, in days. */
export const auditDaysKept = 400

/** What happened. `action` is like `session.sign_in`; `detail` must hold no secret. */
export interface AuditEvent {
  readonly action: string
  /** Who did it; without it the actor of the fiber. */
  readonly actor?: OrganizationApi.Actor
  readonly target?: { readonly kind: string; readonly id: string; readonly name?: string }
  readonly detail?: { readonly [name: string]: unknown }
}

/** Writes and reads the audit log. */
export class AuditLog extends Context.Service<
  AuditLog,
  {
    /**
     * Writes an entry. Statements for a transaction of the caller's with all rights, `Database.asInstance`: the entry is
     * there exactly when what it tells of is.
     */
    readonly record: (event: AuditEvent & { readonly organizationKey: number }) => Effect.Effect<void, SqlError>
    /**
     * Writes an entry in every organization that a user is a member of, who is its target unless another is given, in a
     * transaction of its own. For a user who is not there it takes as long, and nothing is written that anybody sees.
     */
    readonly recordOfUser: (userKey: number, event: AuditEvent) => Effect.Effect<void, DatabaseBusy>
    /** A page, newest first. Fails with `BadRequest` when the cursor is not one of this list. */
    readonly list: (
      organizationKey: number,
      query: OrganizationApi.AuditQuery
    ) => Effect.Effect<
      { readonly items: ReadonlyArray<OrganizationApi.AuditEntry>; readonly nextCursor?: string },
      DatabaseBusy | Problem.BadRequest
    >
    /** Deletes what is older than {@link auditDaysKept}; any replica may run it at any moment. */
    readonly expire: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/AuditLog") {
  static readonly layer: Layer.Layer<AuditLog, never, Database> = Layer.effect(
    AuditLog,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asInstance, asOrganization, background } = yield* Database
  const { sql } = api

  /** Says who acts for one event; the rest of the transaction is the actor's that it was. */
  const by = (event: AuditEvent, write: Effect.Effect<unknown, SqlError>) =>
    event.actor === undefined
      ? Effect.asVoid(write)
      : Effect.andThen(
          Effect.provideService(Effect.andThen(Actor.tell(sql), write), Actor.Actor, event.actor),
          Effect.asVoid(Actor.tell(sql))
        )

  const record = Effect.fn("AuditLog.record")((event: AuditEvent & { readonly organizationKey: number }) =>
    by(
      event,
      sql`select auth.audit(${event.organizationKey}, ${event.action}, ${event.target?.kind ?? null}::text,
                            ${event.target?.id ?? null}::text, ${event.target?.name ?? null}::text,
                            ${detailOf(event)}::jsonb)`
    )
  )

  /**
   * Writes to PostgreSQL's log and to nothing else. A transaction that writes nothing does not wait for that to be on disk,
   * by which whoever is refused would learn whether there is such a user. As text: the driver does not read `pg_lsn`.
   */
  const writeLogAlone = sql`select pg_logical_emit_message(true, 'openseer', '')::text`

  /** Served by `members_user`. */
  const recordOfUser = Effect.fn("AuditLog.recordOfUser")((userKey: number, event: AuditEvent) =>
    asInstance(
      by(
        event,
        sql`select auth.audit(m.organization_key, ${event.action}, ${event.target?.kind ?? "user"},
                              coalesce(${event.target?.id ?? null}::text, u.user_id),
                              coalesce(${event.target?.name ?? null}::text,
                                       case when ${event.target === undefined} then u.name end),
                              ${detailOf(event)}::jsonb)
              from auth.members m join auth.users u using (user_key) where m.user_key = ${userKey}`
      ).pipe(Effect.andThen(writeLogAlone), Effect.asVoid)
    )
  )

  /** Served by `audit_log_organization`, backwards; with an action it passes over the others. */
  const read = (organizationKey: number, before: string | undefined, action: string | undefined, limit: number) =>
    sql<EntryRow>`
      select audit_id::text as id, at, actor_kind, actor_id, actor_name, actor_address, action, target_kind, target_id,
             target_name, detail
        from auth.audit_log
       where organization_key = ${organizationKey}
         ${before === undefined ? sql.literal("") : sql`and audit_id < ${before}::text::bigint`}
         ${action === undefined ? sql.literal("") : sql`and (action = ${action} or starts_with(action, ${`${action}.`}))`}
       order by audit_id desc limit ${limit}`

  const list = Effect.fn("AuditLog.list")(function* (organizationKey: number, query: OrganizationApi.AuditQuery) {
    const before = yield* decodeCursor(query.cursor)
    const limit = query.limit ?? OrganizationApi.auditLimitDefault
    const rows = yield* asOrganization(organizationKey, read(organizationKey, before, query.action, limit + 1))
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      items: page.map(toEntry),
      ...(rows.length > limit && last !== undefined ? { nextCursor: encodeCursor(last.id) } : {})
    }
  })

  /** Served by `audit_log_at`. */
  const expire = Effect.asVoid(
    background.run(
      background.sql`delete from auth.audit_log where at < now() - ${auditDaysKept}::int * interval '1 day'`
    )
  ).pipe(Effect.withSpan("AuditLog.expire"))

  return AuditLog.of({ record, recordOfUser, list, expire })
})

const detailOf = ({ detail }: AuditEvent) => (detail === undefined ? null : JSON.stringify(detail))

interface EntryRow {
  readonly id: string
  readonly at: Date
  readonly actor_kind: OrganizationApi.Actor["kind"]
  readonly actor_id: string | null
  readonly actor_name: string | null
  readonly actor_address: string | null
  readonly action: string
  readonly target_kind: string | null
  readonly target_id: string | null
  readonly target_name: string | null
  readonly detail: OrganizationApi.AuditEntry["detail"] | null
}

const toEntry = (row: EntryRow): OrganizationApi.AuditEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  actor: {
    kind: row.actor_kind,
    ...(row.actor_id === null ? {} : { id: row.actor_id }),
    ...(row.actor_name === null ? {} : { name: row.actor_name }),
    ...(row.actor_address === null ? {} : { address: row.actor_address })
  },
  action: row.action,
  ...(row.target_kind === null || row.target_id === null
    ? {}
    : {
        target: {
          kind: row.target_kind,
          id: row.target_id,
          ...(row.target_name === null ? {} : { name: row.target_name })
        }
      }),
  ...(row.detail == null ? {} : { detail: row.detail })
})

/** Where the log goes on. The list is in it, so that no other list takes it. */
const encodeCursor = (id: string): string => Buffer.from(`audit:${id}`).toString("base64url")

const decodeCursor = (cursor: string | undefined): Effect.Effect<string | undefined, Problem.BadRequest> => {
  if (cursor === undefined) return Effect.succeed(undefined)
  const id = /^audit:([1-9]\d{0,17})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1]
  return id === undefined
    ? Effect.fail(
        new Problem.BadRequest({
          errors: [{ path: "cursor", message: "must be the nextCursor of a page of this list" }]
        })
      )
    : Effect.succeed(id)
}
