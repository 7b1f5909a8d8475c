/**
 * QUERY: what every question about a monitor begins with: which one it is, where it was checked, and how far its data
 * reach.
 */
import { Problem, type Region } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import type { Range, Reach } from "./Segments.ts"

/** A monitor as the statements name it, with the regions that the question is about. */
export interface MonitorScope {
  readonly monitorKey: number
  readonly intervalMs: number
  /** When it was created: nothing of it is older. */
  readonly since: number
  /** The region that was asked for, null for all. */
  readonly region: Region.RegionName | null
  /** All regions that it ever ran in, or the one that was asked for. */
  readonly regions: ReadonlyArray<{ readonly key: number; readonly name: Region.RegionName }>
  readonly reach: Reach
}

/** The longest range that may be asked for, in milliseconds: all that is kept of days by default, and a little more. */
export const rangeMsMax = 1_900 * 86_400_000

const reachFields = {
  now: Schema.Number,
  rolledTo: Schema.Number,
  dailyTo: Schema.Number,
  rawFrom: Schema.Number,
  hourlyFrom: Schema.Number
}
const Row = Schema.Struct({
  ...reachFields,
  monitorKey: Schema.Int,
  intervalMs: Schema.Int,
  since: Schema.Number,
  regions: Schema.Array(Schema.Struct({ key: Schema.Int, name: Schema.String }))
})
const decode = Schema.decodeUnknownEffect(Row)
const decodeReach = Schema.decodeUnknownEffect(Schema.Struct(reachFields))

const reachColumns = ["now_at", "rolled_to", "daily_to", "raw_from", "hourly_from"]
  .map((column, i) => `(extract(epoch from r.${column}) * 1000)::float8 as "${Object.keys(reachFields)[i]}"`)
  .join()

/** How far the data of all monitors reach. */
export const reach = Effect.gen(function* () {
  const { sql } = (yield* Database).api
  const [row] = yield* sql`select ${sql.literal(reachColumns)} from ts.reach() r`
  return (yield* Effect.orDie(decodeReach(row))) satisfies Reach
})

/**
 * Finds a monitor of the organization of this transaction. Fails with `NotFound` when it has none of that id, and with
 * `BadRequest` when the monitor never ran in the region.
 */
export const find = Effect.fn("MonitorScope.find")(function* (monitorId: string, region: string | undefined) {
  const { sql } = (yield* Database).api
  // Served by the unique index on monitor_id and the primary key of placements.
  const [row] = yield* sql`
    select m.monitor_key as "monitorKey", m.interval_ms as "intervalMs", (extract(epoch from m.created_at) * 1000)::float8 as since,
           ${sql.literal(reachColumns)},
           (select json_agg(json_build_object('key', g.region_key, 'name', g.name) order by g.name)
              from app.regions g
             where g.region_key = any (m.region_keys)
                or g.region_key in (select p.region_key from app.placements p where p.monitor_key = m.monitor_key)) as regions
      from app.monitors m cross join ts.reach() r
     where m.monitor_id = ${monitorId} and m.organization_key = app.current_organization() and m.deleted_at is null`
  if (row === undefined) return yield* new Problem.NotFound({ detail: "there is no such monitor" })
  const { intervalMs, monitorKey, regions, since, ...reached } = yield* Effect.orDie(decode(row))
  const chosen = region === undefined ? regions : regions.filter(({ name }) => name === region)
  if (chosen.length === 0) return yield* invalid("region", "the monitor never ran in this region")
  return {
    monitorKey,
    intervalMs,
    since,
    region: region ?? null,
    regions: chosen,
    reach: reached
  } satisfies MonitorScope
})

/**
 * The range that a query asks for: up to now when it does not say, and never beyond. Fails with `BadRequest` when it is
 * empty or too long.
 */
export const rangeOf = (
  query: { readonly from?: string; readonly to?: string },
  now: number,
  defaultMs: number
): Effect.Effect<Range, Problem.BadRequest> => {
  const to = query.to === undefined ? now : Math.min(now, Date.parse(query.to))
  const from = query.from === undefined ? to - defaultMs : Date.parse(query.from)
  if (from >= to) return invalid("from", "must be before to, and before now")
  if (to - from > rangeMsMax) return invalid("from", "must be at most 1900 days before to")
  return Effect.succeed({ from, to })
}

/** A query parameter that is not what it must be. */
export const invalid = (path: string, message: string) =>
  Effect.fail(new Problem.BadRequest({ errors: [{ path, message }] }))
