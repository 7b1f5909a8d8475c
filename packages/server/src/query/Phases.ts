/**
 * QUERY: how long each phase of a check took, by time. Rollups hold no phases, so this is read from raw results.
 */
import { ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import * as IntegerArray from "../db/IntegerArray.ts"
import * as MonitorScope from "./MonitorScope.ts"
import { dayMs, type Range } from "./Segments.ts"
import { type Buckets, narrowBuckets } from "./Step.ts"

/** About how many results are looked at; of more, the beginning of each bucket is. Measured: 100,000 take 90 ms. */
export const resultsMax = 100_000

const Micros = Schema.NullOr(Schema.Int)
const decode = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      i: Schema.Int,
      dns: Micros,
      connect: Micros,
      tls: Micros,
      ttfb: Micros,
      download: Micros,
      n: Schema.Int
    })
  )
)

/**
 * The phases of a monitor of the organization: see `ViewsApi.PhaseSeries`.
 * Fails with `NotFound`, with `BadRequest` when the range is not one, and with `DatabaseBusy`.
 */
export const phases = Effect.fn("Phases.phases")(function* (
  organizationKey: number,
  monitorId: string,
  query: ViewsApi.PhasesQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, ofMonitor(monitorId, query))
})

const ofMonitor = Effect.fnUntraced(function* (monitorId: string, query: ViewsApi.PhasesQuery) {
  const { sql } = (yield* Database).api
  const scope = yield* MonitorScope.find(monitorId, query.region)
  const asked = yield* MonitorScope.rangeOf(query, scope.reach.now, dayMs)
  const { from, stepMs, to } = narrowBuckets(asked, query.points ?? ViewsApi.viewPointsDefault, scope.intervalMs)
  const keptFrom = Math.max(from, scope.reach.rawFrom, scope.since)
  const expected = (Math.max(0, to - keptFrom) / scope.intervalMs) * scope.regions.length
  const parts = expected <= resultsMax ? [{ from, to }] : beginnings({ from, stepMs, to }, scope.intervalMs, expected)
  const kept = parts.filter((part) => part.to > keptFrom)
  const mean = (column: string) => sql.literal(`round(avg(${column}))::int`)
  // Served by the primary key of results, one range a part and region: offset keeps the planner from reading them all.
  const rows = yield* sql`
    select floor((extract(epoch from due_at) * 1000 - ${from}::float8) / ${stepMs}::float8)::int as i,
           ${mean("dns_us")} as dns, ${mean("connect_us")} as connect, ${mean("tls_us")} as tls,
           ${mean("ttfb_us")} as ttfb, ${mean("download_us")} as download, count(*)::int as n
      from unnest(${IntegerArray.literal(kept.map((part) => Math.max(part.from, keptFrom)))}::float8[],
                  ${IntegerArray.literal(kept.map((part) => part.to))}::float8[]) as part(starts_at, ends_at)
     cross join lateral (
       select * from ts.own_results_raw r
        where r.monitor_key = ${scope.monitorKey} and ${sql.in(
          "r.region_key",
          scope.regions.map(({ key }) => key)
        )}
          and r.due_at >= to_timestamp(part.starts_at / 1000) and r.due_at < to_timestamp(part.ends_at / 1000)
          and r.outcome <= 1
       offset 0) r
     group by 1`
  const cells = Array.from({ length: (to - from) / stepMs }, () => nothing)
  for (const { i, ...cell } of yield* Effect.orDie(decode(rows))) cells[i] = cell
  return {
    t0: from,
    stepMs,
    region: scope.region,
    dns: cells.map((cell) => cell.dns),
    connect: cells.map((cell) => cell.connect),
    tls: cells.map((cell) => cell.tls),
    ttfb: cells.map((cell) => cell.ttfb),
    download: cells.map((cell) => cell.download),
    n: cells.map((cell) => cell.n)
  } satisfies ViewsApi.PhaseSeries
})

/** The beginning of each bucket, whole intervals and at least one, so that about {@link resultsMax} are looked at. */
const beginnings = ({ from, stepMs, to }: Buckets, intervalMs: number, expected: number): ReadonlyArray<Range> => {
  const width = Math.max(1, Math.floor((resultsMax / expected) * (stepMs / intervalMs))) * intervalMs
  return Array.from({ length: (to - from) / stepMs }, (_, i) => {
    const startsAt = from + i * stepMs
    return { from: startsAt, to: startsAt + Math.min(width, stepMs) }
  })
}

interface Cell {
  readonly dns: number | null
  readonly connect: number | null
  readonly tls: number | null
  readonly ttfb: number | null
  readonly download: number | null
  readonly n: number
}

const nothing: Cell = { dns: null, connect: null, tls: null, ttfb: null, download: null, n: 0 }
