/**
 * QUERY: the past of many monitors at once, as rows of a table show it: uptime by day, and latency of the last day.
 *
 * What is counted is what timeline and latency of one monitor count. Sketches are merged here and not in PostgreSQL, which
 * takes 60 times as long for it: 240 ms for 50 monitors against 4.
 */
import { Sketch, ViewsApi } from "@openseer/core"
import { Effect } from "effect"
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

/** What is known of a stretch of time: runs that were up or degraded, down, and neither. */
interface Counts {
  readonly at: number
  readonly good: number
  readonly down: number
  readonly unseen: number
}

interface DayRow extends Counts {
  readonly monitorKey: number
}

/** An hour in one region, or the whole day a week before, of which only the sketch counts. */
interface HourRow extends DayRow {
  readonly isBefore: boolean
  readonly sketch: Sketch.Sketch
}

/** The past of some monitors of the organization of this transaction, by key; those that have none are left out. */
export const rowHistories = Effect.fn("RowHistory.rowHistories")(function* (monitorKeys: ReadonlyArray<number>) {
  const { sql } = (yield* Database).api
  const { dailyTo, now, rolledTo } = yield* MonitorScope.reach
  const firstDay = floorTo(now, dayMs) - (ViewsApi.stripDays - 1) * dayMs
  const firstHour = floorTo(now, hourMs) - (ViewsApi.sparkHours - 1) * hourMs
  const weekBefore = floorTo(firstHour + (ViewsApi.sparkHours / 2) * hourMs, dayMs) - 7 * dayMs
  const daysTo = Math.max(firstDay, dailyTo)
  const hoursTo = Math.max(daysTo, rolledTo)
  const at = (ms: number) => sql`to_timestamp(${ms}::float8 / 1000)`
  const millis = (column: string) => sql.literal(`(extract(epoch from ${column}) * 1000)::float8`)
  // One range of a primary key for each monitor and region, where it is or was: an `any` would read all of the table.
  const pairs = sql`
    select m.monitor_key, g.region_key from app.monitors m
     cross join lateral (select unnest(m.region_keys) union
                         select p.region_key from app.placements p where p.monitor_key = m.monitor_key) as g(region_key)
     where m.monitor_key = any (${IntegerArray.literal(monitorKeys)}::int[])`
  const own = sql.literal("r.monitor_key = p.monitor_key and r.region_key = p.region_key")

  const days = yield* sql<DayRow>`
    with p as materialized (${pairs})
    select m.monitor_key as "monitorKey", ${millis("bucket_at")} as at, good, down, unseen
      from (select monitor_key, array_agg(region_key) as region_keys from p group by monitor_key) m
     cross join lateral (
       select bucket_at, sum(up + degraded)::float8 as good, sum(down)::float8 as down, sum(error + missed)::float8 as unseen
         from ts.own_results_agg_1d r
        where r.monitor_key = m.monitor_key and r.region_key = any (m.region_keys)
          and bucket_at >= ${at(firstDay)} and bucket_at < ${at(daysTo)}
        group by bucket_at) d`

  // What is rolled up by the hour and needed for the strip, the sparkline or both; what is not rolled up yet; and the day.
  const hours = yield* sql<HourRow>`
    with p as materialized (${pairs})
    select p.monitor_key as "monitorKey", ${millis("at")} as at, good::float8 as good, down::float8 as down,
           unseen::float8 as unseen, is_before as "isBefore", sketch
      from p cross join lateral (
        select bucket_at as at, up + degraded as good, down, error + missed as unseen, false as is_before, sketch
          from ts.own_results_agg_1h r
         where ${own} and bucket_at >= ${at(Math.min(daysTo, firstHour))} and bucket_at < ${at(hoursTo)}
        union all
        select bucket_at, 0, 0, 0, true, sketch from ts.own_results_agg_1d r where ${own} and bucket_at = ${at(weekBefore)}
        union all
        select at, sum(good), sum(down), sum(unseen), false,
               coalesce(array_agg(slot << 21 | good order by slot) filter (where good > 0), '{}')
          from (select date_trunc('hour', due_at, 'UTC') as at, case when outcome <= 1 then ts.bucket(total_us) end as slot,
                       (count(*) filter (where outcome <= 1))::int as good, count(*) filter (where outcome = 2) as down,
                       count(*) filter (where outcome = 3) as unseen
                  from ts.own_results_raw r where ${own} and due_at >= ${at(hoursTo)} group by 1, 2) b
         group by 1
        union all
        select day, 0, 0, ts.count_missed(starts_at, ends_at, interval_ms, greatest(day, ${at(hoursTo)}), day + interval '1 day'),
               false, '{}'
          from ts.own_gaps r
         cross join lateral generate_series(date_trunc('day', greatest(starts_at, ${at(hoursTo)}), 'UTC'),
                                            least(ends_at, ${at(now)}) - interval '1 millisecond', interval '1 day') as day
         where ${own} and ends_at > ${at(hoursTo)}) h`

  const daysOf = Map.groupBy(days, ({ monitorKey }) => monitorKey)
  const hoursOf = Map.groupBy(hours, ({ monitorKey }) => monitorKey)
  return new Map(
    monitorKeys.flatMap((key): ReadonlyArray<readonly [number, RowHistory]> => {
      const found = hoursOf.get(key) ?? []
      const counts = [...(daysOf.get(key) ?? []), ...found.filter((hour) => !hour.isBefore && hour.at >= daysTo)]
      if (counts.length === 0 && found.length === 0) return []
      return [[key, { ...uptimeOf(counts, firstDay), ...latencyOf(found, firstHour) }]]
    })
  )
})

const uptimeOf = (
  counts: ReadonlyArray<Counts>,
  firstDay: number
): Pick<RowHistory, "uptime" | "coverage" | "days"> => {
  const good = nothing.days.map(() => 0)
  const down = [...good]
  let unseen = 0
  for (const stretch of counts) {
    const day = Math.floor((stretch.at - firstDay) / dayMs)
    good[day] = (good[day] ?? 0) + stretch.good
    down[day] = (down[day] ?? 0) + stretch.down
    unseen += stretch.unseen
  }
  const observed = total(good) + total(down)
  return {
    uptime: observed === 0 ? null : total(good) / observed,
    coverage: observed + unseen === 0 ? null : observed / (observed + unseen),
    days: good.map((up, day) => {
      const all = up + (down[day] ?? 0)
      return all === 0 ? null : Math.floor((1_000 * up) / all)
    })
  }
}

const total = (column: ReadonlyArray<number>): number => column.reduce((sum, n) => sum + n, 0)

const latencyOf = (
  rows: ReadonlyArray<HourRow>,
  firstHour: number
): Pick<RowHistory, "spark" | "p95Us" | "p95UsBefore"> => {
  const spark: Array<number | null> = [...nothing.spark]
  const hours = rows.filter(({ at, isBefore }) => !isBefore && at >= firstHour)
  for (const [at, sameHour] of Map.groupBy(hours, (row) => row.at)) {
    spark[Math.round((at - firstHour) / hourMs)] = p95(sameHour)
  }
  return { spark, p95Us: p95(hours), p95UsBefore: p95(rows.filter(({ isBefore }) => isBefore)) }
}

const p95 = (rows: ReadonlyArray<HourRow>): number | null => {
  const sketches = rows.map(({ sketch }) => sketch)
  const [first, second] = sketches
  const value =
    first !== undefined && second === undefined ? Sketch.quantile(first, 0.95) : Sketch.quantileOfAll(sketches, 0.95)
  return value === undefined ? null : Math.round(value)
}
