/**
 * QUERY: the regions of a monitor by time, side by side.
 */
import { ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import * as MonitorScope from "./MonitorScope.ts"
import { dayMs, segments } from "./Segments.ts"
import { sources } from "./Sources.ts"
import { buckets, grainOf } from "./Step.ts"

const Row = Schema.Struct({
  i: Schema.Int,
  regionKey: Schema.Int,
  p95: Schema.NullOr(Schema.Int),
  up: Schema.Int,
  degraded: Schema.Int,
  down: Schema.Int,
  error: Schema.Int,
  missed: Schema.Int
})
const decode = Schema.decodeUnknownEffect(Schema.Array(Row))

/**
 * The regions of a monitor of the organization: see `ViewsApi.RegionMatrix`.
 * Fails with `NotFound`, with `BadRequest` when the range is not one, and with `DatabaseBusy`.
 */
export const regionMatrix = Effect.fn("RegionMatrix.regionMatrix")(function* (
  organizationKey: number,
  monitorId: string,
  query: ViewsApi.MatrixQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, ofMonitor(monitorId, query))
})

const ofMonitor = Effect.fnUntraced(function* (monitorId: string, query: ViewsApi.MatrixQuery) {
  const { sql } = (yield* Database).api
  const scope = yield* MonitorScope.find(monitorId, undefined)
  const asked = yield* MonitorScope.rangeOf(query, scope.reach.now, dayMs)
  const points = query.points ?? ViewsApi.viewPointsDefault
  const { from, stepMs, to } = buckets(asked, points, scope.intervalMs, scope.reach, scope.since)
  const source = sources(sql, {
    scope,
    segments: segments({ from, to }, scope.reach, grainOf(stepMs)),
    origin: from,
    stepMs,
    sketches: true
  })
  const rows = yield* sql`
    select round((extract(epoch from at) * 1000 - ${from}::float8) / ${stepMs}::float8)::int as i, region_key::int as "regionKey",
           round((ts.quantiles(ts.merge(sketch), '{0.95}'))[1])::int as p95, sum(up)::float8 as up,
           sum(degraded)::float8 as degraded, sum(down)::float8 as down, sum(error)::float8 as error, sum(missed)::float8 as missed
      from (${source}) s group by at, region_key`
  const found = Map.groupBy(yield* Effect.orDie(decode(rows)), ({ regionKey }) => regionKey)
  const length = (to - from) / stepMs
  return {
    t0: from,
    stepMs,
    regions: scope.regions.map(({ key, name }) => {
      const cells = Array.from({ length }, (): Omit<typeof Row.Type, "i" | "regionKey"> => nothing)
      for (const cell of found.get(key) ?? []) cells[cell.i] = cell
      return {
        region: name,
        p95: cells.map((cell) => cell.p95),
        up: cells.map((cell) => cell.up),
        degraded: cells.map((cell) => cell.degraded),
        down: cells.map((cell) => cell.down),
        error: cells.map((cell) => cell.error),
        missed: cells.map((cell) => cell.missed)
      }
    })
  } satisfies ViewsApi.RegionMatrix
})

const nothing = { p95: null, up: 0, degraded: 0, down: 0, error: 0, missed: 0 }
