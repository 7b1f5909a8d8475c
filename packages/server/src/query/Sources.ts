/**
 * QUERY: the rows that all aggregates are made of: of each segment of a range, from the grain that it is read from.
 */
import type { Fragment } from "effect/sql/Statement"
import type { Pool } from "../db/Pool.ts"
import type { MonitorScope } from "./MonitorScope.ts"
import type { Segment } from "./Segments.ts"

/** What to read, and into which buckets. */
export interface SourceOptions {
  readonly scope: MonitorScope
  readonly segments: ReadonlyArray<Segment>
  /** Where buckets begin, and how wide they are, in milliseconds. */
  readonly origin: number
  readonly stepMs: number
  /** Whether sketches are wanted: only percentiles need them. */
  readonly sketches: boolean
}

/**
 * A subquery with the columns `at` (start of the bucket), `region_key`, `up`, `degraded`, `down`, `error`, `missed`,
 * `sum_us`, `min_us`, `max_us` and `sketch`; any number of rows a bucket and region. Reads the views of the request role.
 * Served by the primary keys, one range of each per region.
 */
export const sources = (sql: Pool["sql"], options: SourceOptions): Fragment => {
  const { monitorKey, regions } = options.scope
  const own = sql`monitor_key = ${monitorKey} and ${sql.in(
    "region_key",
    regions.map(({ key }) => key)
  )}`
  const at = (ms: number) => sql`to_timestamp(${ms}::float8 / 1000)`
  const step = sql`${options.stepMs}::float8 * interval '1 millisecond'`
  const bin = (column: Fragment) => sql`date_bin(${step}, ${column}, ${at(options.origin)})`

  const rolled = ({ from, grain, to }: Segment) => sql`
    select ${bin(sql`bucket_at`)} as at, region_key, up, degraded, down, error, missed, sum_us, min_us, max_us,
           ${options.sketches ? sql`sketch` : sql`null::int[]`} as sketch
      from ${sql.literal(grain === "day" ? "ts.own_results_agg_1d" : "ts.own_results_agg_1h")}
     where ${own} and bucket_at >= ${at(from)} and bucket_at < ${at(to)}`

  // One row a bucket of time and of the sketch: counting is cheaper than merging sketches of one value each.
  const raw = ({ from, to }: Segment) => sql`
    select at, region_key, up, degraded, down, error, 0 as missed, sum_us, min_us, max_us,
           case when slot is null then '{}' else array[slot << 21 | (up + degraded)] end as sketch
      from (select ${bin(sql`due_at`)} as at, region_key,
                   ${options.sketches ? sql`case when outcome <= 1 then ts.bucket(total_us) end` : sql`null::int`} as slot,
                   (count(*) filter (where outcome = 0))::int as up, (count(*) filter (where outcome = 1))::int as degraded,
                   (count(*) filter (where outcome = 2))::int as down, (count(*) filter (where outcome = 3))::int as error,
                   coalesce(sum(total_us) filter (where outcome <= 1), 0) as sum_us,
                   min(total_us) filter (where outcome <= 1) as min_us, max(total_us) filter (where outcome <= 1) as max_us
              from ts.own_results_raw
             where ${own} and due_at >= ${at(from)} and due_at < ${at(to)} group by 1, 2, 3) r
    union all
    select b.at, region_key, 0, 0, 0, 0,
           ts.count_missed(starts_at, ends_at, interval_ms, greatest(b.at, ${at(from)}), least(b.at + ${step}, ${at(to)})),
           0, null, null, '{}'
      from ts.own_gaps
     cross join lateral generate_series(${bin(sql`greatest(starts_at, ${at(from)})`)},
                                        least(ends_at, ${at(to)}) - interval '1 millisecond', ${step}) as b(at)
     where ${own} and starts_at < ${at(to)} and ends_at > ${at(from)}`

  const [first, ...rest] = options.segments.map((segment) => (segment.grain === "raw" ? raw(segment) : rolled(segment)))
  return rest.reduce<Fragment>((all, one) => sql`${all} union all ${one}`, first ?? rolled(empty))
}

const empty: Segment = { grain: "hour", from: 0, to: 0 }
