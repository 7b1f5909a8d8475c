/**
 * QUERY: uptime with its coverage, over a range and by day. From counts only: ratios are never averaged.
 */
import { ResultsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import * as MonitorScope from "./MonitorScope.ts"
import { dayMs, floorTo, readable, segments } from "./Segments.ts"
import { sources } from "./Sources.ts"

const Counts = {
  up: Schema.Int,
  degraded: Schema.Int,
  down: Schema.Int,
  error: Schema.Int,
  missed: Schema.Int
}
const decodeRegions = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ regionKey: Schema.Int, ...Counts, due: Schema.Int }))
)
const decodeDays = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ at: Schema.Number, ...Counts })))

type Tally = { readonly [Name in keyof typeof Counts]: number }

/**
 * Uptime of a monitor of the organization: see `ResultsApi.Uptime`.
 * Fails with `NotFound`, with `BadRequest` when the range is not one, and with `DatabaseBusy`.
 */
export const uptime = Effect.fn("Uptimes.uptime")(function* (
  organizationKey: number,
  monitorId: string,
  query: ResultsApi.UptimeQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, uptimeOfMonitor(monitorId, query))
})

/**
 * The last days of a monitor of the organization, one cell each: see `ResultsApi.Timeline`.
 * Fails with `NotFound`, with `BadRequest` when the monitor never ran in the region, and with `DatabaseBusy`.
 */
export const timeline = Effect.fn("Uptimes.timeline")(function* (
  organizationKey: number,
  monitorId: string,
  query: ResultsApi.TimelineQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, timelineOfMonitor(monitorId, query))
})

const uptimeOfMonitor = Effect.fnUntraced(function* (monitorId: string, query: ResultsApi.UptimeQuery) {
  const { sql } = (yield* Database).api
  const scope = yield* MonitorScope.find(monitorId, query.region)
  const asked = yield* MonitorScope.rangeOf(query, scope.reach.now, dayMs)
  const { from, to } = readable(asked, scope.reach, scope.since)
  const source = sources(sql, {
    scope,
    segments: segments({ from, to }, scope.reach, "day"),
    origin: from,
    stepMs: to - from,
    sketches: false
  })
  // Due are the instants of each placement in the range whose tick has ended. Results of a tick that is still going are
  // there before it has ended: a region has never more results than were due.
  const rows = yield* sql`
    with counts as (
      select region_key, sum(up) as up, sum(degraded) as degraded, sum(down) as down, sum(error) as error,
             sum(missed) as missed
        from (${source}) s group by region_key
    ), placed as (
      select p.region_key,
             sum(ts.count_missed(p.starts_at + o.shift, least(p.ends_at, app.open_tick(p.job_id)) + o.shift, p.interval_ms,
                                 to_timestamp(${from}::float8 / 1000), to_timestamp(${to}::float8 / 1000))) as due
        from app.placements p
       cross join lateral (
         select app.offset_ms(p.monitor_key, p.interval_ms) * interval '1 millisecond' as shift) o
       where p.monitor_key = ${scope.monitorKey} group by p.region_key
    )
    select g.region_key::int as "regionKey", coalesce(up, 0)::float8 as up, coalesce(degraded, 0)::float8 as degraded,
           coalesce(down, 0)::float8 as down, coalesce(error, 0)::float8 as error, coalesce(missed, 0)::float8 as missed,
           greatest(coalesce(due, 0), coalesce(up + degraded + down + error + missed, 0))::float8 as due
      from app.regions g left join counts using (region_key) left join placed using (region_key)
     where ${sql.in(
       "g.region_key",
       scope.regions.map(({ key }) => key)
     )}`
  const found = yield* Effect.orDie(decodeRegions(rows))
  const regions = scope.regions.map(({ key, name }) => {
    const {
      due,
      regionKey: _,
      ...tally
    } = found.find(({ regionKey }) => regionKey === key) ?? {
      ...none,
      regionKey: key,
      due: 0
    }
    return { region: name, ...ratios(tally, due), due }
  })
  const due = regions.reduce((sum, region) => sum + region.due, 0)
  return {
    from: instant(from),
    to: instant(to),
    region: scope.region,
    ...ratios(total(regions), due),
    due,
    regions
  } satisfies ResultsApi.Uptime
})

const timelineOfMonitor = Effect.fnUntraced(function* (monitorId: string, query: ResultsApi.TimelineQuery) {
  const { sql } = (yield* Database).api
  const scope = yield* MonitorScope.find(monitorId, query.region)
  const length = query.days ?? ResultsApi.timelineDaysDefault
  const to = floorTo(scope.reach.now, dayMs) + dayMs
  const from = to - length * dayMs
  const source = sources(sql, {
    scope,
    segments: segments({ from, to }, scope.reach, "day"),
    origin: from,
    stepMs: dayMs,
    sketches: false
  })
  const rows = yield* sql`
    select (extract(epoch from at) * 1000)::float8 as at, sum(up)::float8 as up, sum(degraded)::float8 as degraded,
           sum(down)::float8 as down, sum(error)::float8 as error, sum(missed)::float8 as missed
      from (${source}) s group by at`
  const found = new Map((yield* Effect.orDie(decodeDays(rows))).map(({ at, ...tally }) => [at, tally]))
  const days = Array.from({ length }, (_, day) => {
    const at = from + day * dayMs
    const tally = found.get(at) ?? none
    const ended = tally.up + tally.degraded + tally.down + tally.error + tally.missed
    return { day: instant(at).slice(0, 10), ...ratios(tally, ended) }
  })
  return { region: scope.region, days } satisfies ResultsApi.Timeline
})

const none: Tally = { up: 0, degraded: 0, down: 0, error: 0, missed: 0 }

const ratios = ({ degraded, down, error, missed, up }: Tally, due: number) => {
  const observed = up + degraded + down
  return {
    uptime: observed === 0 ? null : (up + degraded) / observed,
    coverage: due === 0 ? null : observed / due,
    up,
    degraded,
    down,
    error,
    missed
  }
}

const total = (tallies: ReadonlyArray<Tally>): Tally =>
  tallies.reduce(
    (sum, one) => ({
      up: sum.up + one.up,
      degraded: sum.degraded + one.degraded,
      down: sum.down + one.down,
      error: sum.error + one.error,
      missed: sum.missed + one.missed
    }),
    none
  )

const instant = (ms: number): string => new Date(ms).toISOString()
