/**
 * QUERY: latency percentiles by time, from sketches merged in SQL.
 */
import { ResultsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import * as MonitorScope from "./MonitorScope.ts"
import { dayMs, segments } from "./Segments.ts"
import { sources } from "./Sources.ts"
import { buckets, grainOf } from "./Step.ts"

const Micros = Schema.NullOr(Schema.Int)
const Rows = Schema.Array(
  Schema.Struct({
    at: Schema.NullOr(Schema.Number),
    p50: Micros,
    p95: Micros,
    p99: Micros,
    min: Micros,
    mean: Micros,
    max: Micros,
    n: Schema.Int,
    failed: Schema.Int,
    errors: Schema.Int,
    missed: Schema.Int
  })
)
const decode = Schema.decodeUnknownEffect(Rows)

const nothing: ResultsApi.Latency = {
  p50: null,
  p95: null,
  p99: null,
  min: null,
  mean: null,
  max: null,
  n: 0,
  failed: 0,
  errors: 0,
  missed: 0
}

/**
 * The latency series of a monitor of the organization: see `ResultsApi.LatencySeries`.
 * Fails with `NotFound`, with `BadRequest` when the range is not one, and with `DatabaseBusy`.
 */
export const latencySeries = Effect.fn("LatencySeries.latencySeries")(function* (
  organizationKey: number,
  monitorId: string,
  query: ResultsApi.LatencyQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, ofMonitor(monitorId, query))
})

const ofMonitor = Effect.fnUntraced(function* (monitorId: string, query: ResultsApi.LatencyQuery) {
  const { sql } = (yield* Database).api
  const scope = yield* MonitorScope.find(monitorId, query.region)
  const asked = yield* MonitorScope.rangeOf(query, scope.reach.now, dayMs)
  const { from, stepMs, to } = buckets(
    asked,
    query.points ?? ResultsApi.pointsDefault,
    scope.intervalMs,
    scope.reach,
    scope.since
  )
  const source = sources(sql, {
    scope,
    segments: segments({ from, to }, scope.reach, grainOf(stepMs)),
    origin: from,
    stepMs,
    sketches: true
  })
  // The row at -infinity is about the whole range. A month of hours in three regions is 156,000 entries: 75 ms in all.
  const rows = yield* sql`
    with source as materialized (${source}),
    counts as (
      select coalesce(at, '-infinity') as at, sum(up + degraded)::float8 as n, sum(down)::float8 as failed,
             sum(error)::float8 as errors, sum(missed)::float8 as missed, sum(sum_us)::float8 as sum_us, min(min_us) as min,
             max(max_us) as max
        from source group by grouping sets ((at), ())
    ), merged as materialized (
      select at, ts.merge(sketch) as sketch from source group by at
    ), quantiles as materialized (
      select at, ts.quantiles(sketch, '{0.5,0.95,0.99}') as q
        from (select at, sketch from merged union all select '-infinity', ts.merge(sketch) from merged) m
    )
    select nullif((extract(epoch from at) * 1000)::float8, '-infinity') as at, round(q[1])::int as p50,
           round(q[2])::int as p95, round(q[3])::int as p99, c.min, c.max, round(c.sum_us / nullif(c.n, 0))::int as mean,
           coalesce(c.n, 0) as n, coalesce(c.failed, 0) as failed, coalesce(c.errors, 0) as errors,
           coalesce(c.missed, 0) as missed
      from counts c left join quantiles using (at)`
  return columns(from, stepMs, (to - from) / stepMs, scope.region, yield* Effect.orDie(decode(rows)))
})

/** Rows as columns, with the buckets that have no row. */
const columns = (
  t0: number,
  stepMs: number,
  length: number,
  region: string | null,
  rows: typeof Rows.Type
): ResultsApi.LatencySeries => {
  const cells = Array.from({ length }, () => nothing)
  let overall = nothing
  for (const { at, ...latency } of rows) {
    if (at === null) overall = latency
    else cells[Math.round((at - t0) / stepMs)] = latency
  }
  return {
    t0,
    stepMs,
    region,
    p50: cells.map((cell) => cell.p50),
    p95: cells.map((cell) => cell.p95),
    p99: cells.map((cell) => cell.p99),
    min: cells.map((cell) => cell.min),
    mean: cells.map((cell) => cell.mean),
    max: cells.map((cell) => cell.max),
    n: cells.map((cell) => cell.n),
    failed: cells.map((cell) => cell.failed),
    errors: cells.map((cell) => cell.errors),
    missed: cells.map((cell) => cell.missed),
    overall
  }
}
