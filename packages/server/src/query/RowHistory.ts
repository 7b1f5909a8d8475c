/**
 * QUERY: the past of many monitors at once, as rows of a table show it: uptime by day, and latency of the last day.
 *
 * What is counted is what timeline and latency of one monitor count. Sketches are merged here and not in PostgreSQL, which
 * takes 60 times as long for it: 240 ms for 50 monitors against 4.
 */
import { Sketch, ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import * as IntegerArray from "../db/IntegerArray.ts"
import * as MonitorScope from "./MonitorScope.ts"
import { dayMs, floorTo, hourMs } from "./Segments.ts"

/** The members of a `MonitorRow` that are about its past. */
export type RowHistory = Pick<ViewsApi.MonitorRow, "uptime" | "coverage" | "days" | "spark" | "p95Us" | "p95UsBefore">

/** Of a monitor of which nothing is known. */
export const nothing: RowHistory = {
  uptime: null,
  coverage: null,
  days: Array.from({ length: ViewsApi.stripDays }, () => null),
  spark: Array.from({ length: ViewsApi.sparkHours }, () => null),
  p95Us: null,
  p95UsBefore: null
}

const weekMs = 7 * dayMs

const decodeCounts = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      monitorKey: Schema.Int,
      at: Schema.Number,
      good: Schema.Number,
      down: Schema.Number,
      unseen: Schema.Number
    })
  )
)

interface SketchRow {
  readonly monitorKey: number
  readonly at: number
  readonly sketch: Sketch.Sketch
}

/** The past of some monitors of the organization of this transaction, by key; those that have none are left out. */
export const rowHistories = Effect.fn("RowHistory.rowHistories")(function* (monitorKeys: ReadonlyArray<number>) {
  const { sql } = (yield* Database).api
  const { dailyTo, now, rolledTo } = yield* MonitorScope.reach
  const today = floorTo(now, dayMs)
  const firstDay = today - (ViewsApi.stripDays - 1) * dayMs
  const firstHour = floorTo(now, hourMs) - (ViewsApi.sparkHours - 1) * hourMs
  const at = (ms: number) => sql`to_timestamp(${ms}::float8 / 1000)`
  const millis = (column: string) => sql.literal(`(extract(epoch from ${column}) * 1000)::float8`)
  // One range of a primary key for each monitor and region, where it is or was: as many as `any` would read them all.
  const pairs = sql`
    select m.monitor_key, g.region_key from app.monitors m
     cross join lateral (select unnest(m.region_keys) union
                         select p.region_key from app.placements p where p.monitor_key = m.monitor_key) as g(region_key)
     where m.monitor_key = any (${IntegerArray.literal(monitorKeys)}::int[])`
  const own = sql.literal("r.monitor_key = p.monitor_key and r.region_key = p.region_key")

  const counts = yield* sql`
    with p as materialized (${pairs})
    select monitor_key as "monitorKey", ${millis("day")} as at, sum(good)::float8 as good, sum(down)::float8 as down,
           sum(unseen)::float8 as unseen
      from p cross join lateral (
        select bucket_at as day, up + degraded as good, down, error + missed as unseen from ts.own_results_agg_1d r
         where ${own} and bucket_at >= ${at(firstDay)} and bucket_at < ${at(dailyTo)}
        union all
        select date_trunc('day', bucket_at, 'UTC'), sum(up + degraded), sum(down), sum(error + missed)
          from ts.own_results_agg_1h r
         where ${own} and bucket_at >= ${at(Math.max(firstDay, dailyTo))} and bucket_at < ${at(rolledTo)} group by 1
        union all
        select date_trunc('day', due_at, 'UTC'), count(*) filter (where outcome <= 1), count(*) filter (where outcome = 2),
               count(*) filter (where outcome = 3)
          from ts.own_results_raw r where ${own} and due_at >= ${at(Math.max(firstDay, rolledTo))} group by 1
        union all
        select day, 0, 0, ts.count_missed(starts_at, ends_at, interval_ms, greatest(day, ${at(rolledTo)}), day + interval '1 day')
          from ts.own_gaps r
         cross join lateral generate_series(date_trunc('day', greatest(starts_at, ${at(Math.max(firstDay, rolledTo))}), 'UTC'),
                                            least(ends_at, ${at(now)}) - interval '1 millisecond', interval '1 day') as day
         where ${own} and ends_at > ${at(Math.max(firstDay, rolledTo))}) c
     group by 1, 2`

  const rolled = (from: number, to: number) => sql`
    select bucket_at as hour, sketch from ts.own_results_agg_1h r
     where ${own} and bucket_at >= ${at(from)} and bucket_at < ${at(to)} and up + degraded > 0`
  const sketches = yield* sql<SketchRow>`
    with p as materialized (${pairs})
    select monitor_key as "monitorKey", ${millis("hour")} as at, sketch
      from p cross join lateral (
        ${rolled(firstHour, rolledTo)}
        union all
        ${rolled(firstHour - weekMs, firstHour - weekMs + ViewsApi.sparkHours * hourMs)}
        union all
        select hour, array_agg(slot << 21 | n order by slot)
          from (select date_trunc('hour', due_at, 'UTC') as hour, ts.bucket(total_us) as slot, count(*)::int as n
                  from ts.own_results_raw r
                 where ${own} and due_at >= ${at(Math.max(firstHour, rolledTo))} and outcome <= 1 group by 1, 2) b
         group by 1) s
     order by 1, 2`

  const byMonitor = Map.groupBy(yield* Effect.orDie(decodeCounts(counts)), ({ monitorKey }) => monitorKey)
  const latencies = latenciesOf(sketches, firstHour)
  return new Map(
    monitorKeys.flatMap((key): ReadonlyArray<readonly [number, RowHistory]> => {
      const found = byMonitor.get(key)
      return found === undefined ? [] : [[key, { ...nothing, ...uptimeOf(found, firstDay), ...latencies.get(key) }]]
    })
  )
})

interface DayCount {
  readonly at: number
  readonly good: number
  readonly down: number
  readonly unseen: number
}

const uptimeOf = (
  found: ReadonlyArray<DayCount>,
  firstDay: number
): Pick<RowHistory, "uptime" | "coverage" | "days"> => {
  const days: Array<number | null> = [...nothing.days]
  let [good, down, unseen] = [0, 0, 0]
  for (const day of found) {
    good += day.good
    down += day.down
    unseen += day.unseen
    const observed = day.good + day.down
    days[Math.round((day.at - firstDay) / dayMs)] = observed === 0 ? null : Math.floor((1_000 * day.good) / observed)
  }
  const observed = good + down
  return {
    uptime: observed === 0 ? null : good / observed,
    coverage: observed + unseen === 0 ? null : observed / (observed + unseen),
    days
  }
}

/** P95 by hour, of all these hours, and of those before `firstHour`, which are those of a week before. */
const latenciesOf = (rows: ReadonlyArray<SketchRow>, firstHour: number) => {
  const latencies = new Map<number, Pick<RowHistory, "spark" | "p95Us" | "p95UsBefore">>()
  for (const [key, own] of Map.groupBy(rows, ({ monitorKey }) => monitorKey)) {
    const spark: Array<number | null> = [...nothing.spark]
    for (const [at, sameHour] of Map.groupBy(own, (row) => row.at)) {
      if (at >= firstHour) spark[Math.round((at - firstHour) / hourMs)] = p95(sameHour)
    }
    const p95Us = p95(own.filter(({ at }) => at >= firstHour))
    const p95UsBefore = p95(own.filter(({ at }) => at < firstHour))
    latencies.set(key, { spark, p95Us, p95UsBefore })
  }
  return latencies
}

const p95 = (rows: ReadonlyArray<SketchRow>): number | null => {
  const sketches = rows.map(({ sketch }) => sketch)
  const [first, second] = sketches
  const value =
    first !== undefined && second === undefined ? Sketch.quantile(first, 0.95) : Sketch.quantileOfAll(sketches, 0.95)
  return value === undefined ? null : Math.round(value)
}
