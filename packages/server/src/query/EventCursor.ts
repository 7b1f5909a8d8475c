/**
 * QUERY: where a reader of an organization's events is, and what comes after.
 *
 * Keys are given when a row is inserted, not when it commits, so a reader that remembered the highest key would skip
 * events of a transaction that commits late. Therefore an event is only told once every older transaction has ended, in
 * the order (transaction, key): then nothing can appear before what was told.
 */
import { EventsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"

/** Everything up to and including this has been told. Texts, since transaction numbers have 64 bits. */
export interface EventCursor {
  readonly xid: bigint
  readonly key: bigint
}

/** An event as the database tells it. */
export interface EventRow extends EventCursor {
  readonly kind: string
  /** Null of what is no monitor's. */
  readonly monitorId: string | null
  readonly payload: Record<string, unknown>
}

/** What comes after a cursor, and where that leaves the reader. */
export interface EventBatch {
  readonly events: ReadonlyArray<EventRow>
  readonly position: EventCursor
  /** Whether there is more to be told at once. */
  readonly more: boolean
}

/** How many events one statement reads. */
export const batchMax = 100

/** A cursor as the `id` of an event: transaction, key, and when it was given out in seconds since the epoch. */
export const encode = ({ key, xid }: EventCursor, now: number): EventsApi.EventCursor =>
  `${xid}.${key}.${Math.floor(now / 1000)}`

/** The cursor of an `id`, or `undefined` when it is none. */
export const position = (id: string | undefined): EventCursor | undefined => {
  const [xid, key] = (id ?? "").split(".")
  return xid === undefined || key === undefined ? undefined : { xid: BigInt(xid), key: BigInt(key) }
}

/** The cursor of an `id`, or `undefined` when it is none or too old to go on from. */
export const decode = (id: string | undefined, now: number): EventCursor | undefined =>
  now - Number(id?.split(".")[2] ?? 0) * 1000 > EventsApi.resumeMsMax ? undefined : position(id)

/** Whether `a` is before `b` in the order in which events are told. */
export const isBefore = (a: EventCursor, b: EventCursor): boolean => a.xid < b.xid || (a.xid === b.xid && a.key < b.key)

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      horizon: Schema.String,
      xid: Schema.NullOr(Schema.String),
      key: Schema.NullOr(Schema.String),
      kind: Schema.NullOr(Schema.String),
      monitorId: Schema.NullOr(Schema.String),
      payload: Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))
    })
  )
)

/**
 * Reads the events of the organization of this transaction after a cursor, or only where its events are now when there is
 * none. Served by events_stream.
 */
export const read = Effect.fn("EventCursor.read")(function* (after: EventCursor | undefined) {
  const { sql } = (yield* Database).api
  const from = after ?? { xid: 0n, key: 0n }
  const rows = yield* Effect.flatMap(
    sql`
    select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, e.xid::text, e.event_key::text as key, e.kind,
           e.monitor_id as "monitorId", e.payload
      from (select 1) one
      left join lateral (
        select * from app.events
         where organization_key = app.current_organization()
           and (xid, event_key) > (${String(from.xid)}::xid8, ${String(from.key)}::bigint)
           and xid < pg_snapshot_xmin(pg_current_snapshot())
         order by xid, event_key limit ${after === undefined ? 0 : batchMax}::int) e on true
     order by e.xid, e.event_key`,
    (found) => Effect.orDie(decodeRows(found))
  )
  const events = rows.flatMap(({ key, kind, monitorId, payload, xid }) =>
    xid === null || key === null || kind === null || payload === null
      ? []
      : [{ xid: BigInt(xid), key: BigInt(key), kind, monitorId, payload }]
  )
  const more = events.length === batchMax
  const last = events.at(-1)
  const horizon = { xid: BigInt(rows[0]?.horizon ?? 0), key: 0n }
  return { events, more, position: more && last !== undefined ? last : horizon } satisfies EventBatch
})
