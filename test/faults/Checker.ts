/**
 * What must hold of a database whenever nothing is running: asserted in SQL, from the tables alone.
 */
import { Effect } from "effect"
import { Database } from "../../packages/server/src/db/Database.ts"

/** One promise that does not hold, with how often and an example. */
export interface Violation {
  readonly promise: string
  readonly count: number
  readonly example: string
}

/** What was counted, for the report. */
export interface Account {
  readonly due: number
  readonly results: number
  readonly missed: number
  readonly gaps: number
}

/** Each query returns one row a violation, with an `example`. */
const promises: Record<string, string> = {
  // A placement's ticks from its first one to the job's next one have all been due.
  "every due instant is a result or in a gap, and only one of them": `
    with due as (
      select p.monitor_key, p.region_key, p.interval_ms, p.starts_at,
             greatest(0, ceil(extract(epoch from least(coalesce(p.ends_at, 'infinity'), j.due_at) - p.starts_at)
               * 1000 / p.interval_ms))::int as due
        from app.placements p join app.jobs j using (job_id)
    ), seen as (
      select d.*,
             (select count(*)::int from ts.results_raw r
               where r.monitor_key = d.monitor_key and r.region_key = d.region_key) as results,
             (select coalesce(sum(count), 0)::int from ts.gaps g
               where g.monitor_key = d.monitor_key and g.region_key = d.region_key) as missed
        from (select monitor_key, region_key, sum(due)::int as due from due group by 1, 2) d
    )
    select format('monitor %s region %s: %s due, %s results, %s missed', monitor_key, region_key, due, results, missed)
             as example
      from seen where due <> results + missed`,
  "no instant is both a result and in a gap": `
    select format('monitor %s at %s', r.monitor_key, r.due_at) as example
      from ts.results_raw r join ts.gaps g using (monitor_key, region_key)
     where r.due_at >= g.starts_at and r.due_at < g.ends_at
       and mod((extract(epoch from r.due_at - g.starts_at) * 1000)::bigint, g.interval_ms) = 0`,
  "a gap's length is its count of intervals": `
    select format('monitor %s at %s', monitor_key, starts_at) as example from ts.gaps
     where ends_at - starts_at <> count * interval_ms * interval '1 millisecond'`,
  "every result lies on the grid of a placement": `
    select format('monitor %s at %s', r.monitor_key, r.due_at) as example from ts.results_raw r
     where r.monitor_key not in (select monitor_key from app.monitors where check_kind = 'heartbeat') and not exists (
       select from app.placements p
        where p.monitor_key = r.monitor_key and p.region_key = r.region_key
          and r.due_at - app.offset_ms(p.monitor_key, p.interval_ms) * interval '1 millisecond' >= p.starts_at
          and r.due_at - app.offset_ms(p.monitor_key, p.interval_ms) * interval '1 millisecond'
              < coalesce(p.ends_at, 'infinity')
          and mod((extract(epoch from r.due_at - p.starts_at) * 1000)::bigint
              - app.offset_ms(p.monitor_key, p.interval_ms), p.interval_ms) = 0)`,
  "a heartbeat has no job and no placement, and is never down for a time in which we were away": `
    select format('monitor %s', h.monitor_key) as example from app.heartbeats h
     where exists (select from app.placements p where p.monitor_key = h.monitor_key)
        or exists (
          select from ts.results_raw r join app.absences a on r.due_at between a.starts_at and a.ends_at
            join ts.result_details d using (monitor_key, region_key, due_at)
           where r.monitor_key = h.monitor_key and d.reason = 'heartbeat_missed')`,
  "no job rests before the last tick of all its placements": `
    select format('monitor %s region %s: until %s', p.monitor_key, p.region_key, p.ends_at) as example
      from app.placements p join app.jobs j using (job_id)
     where j.ready_at = 'infinity' and coalesce(p.ends_at, 'infinity') > j.due_at`,
  "no tick was granted more than three times": `
    select format('job %s: %s attempts', job_id, attempts) as example from app.jobs where attempts > 3`,
  "rollups equal raw results and gaps": `
    with raw as (
      select monitor_key, region_key, date_trunc('hour', due_at, 'UTC') as bucket_at, count(*)::int as n,
             coalesce(sum(total_us) filter (where outcome <= 1), 0)::bigint as sum_us
        from ts.results_raw group by 1, 2, 3
    ), missed as (
      select monitor_key, region_key, date_trunc('hour', at, 'UTC') as bucket_at, count(*)::int as missed
        from ts.gaps cross join lateral
             generate_series(starts_at, ends_at - interval '1 millisecond', interval_ms * interval '1 millisecond') at
       group by 1, 2, 3
    ), expected as (
      select monitor_key, region_key, bucket_at, coalesce(n, 0) as n, coalesce(sum_us, 0) as sum_us,
             coalesce(missed, 0) as missed
        from raw full join missed using (monitor_key, region_key, bucket_at)
    )
    select format('monitor %s hour %s: expected %s, rolled up %s', monitor_key, bucket_at, e, a) as example
      from expected e full join ts.results_agg_1h a using (monitor_key, region_key, bucket_at)
     where coalesce(e.n, 0) <> coalesce(a.up + a.degraded + a.down + a.error, 0)
        or coalesce(e.sum_us, 0) <> coalesce(a.sum_us, 0) or coalesce(e.missed, 0) <> coalesce(a.missed, 0)`
}

const rowsOf = Effect.fnUntraced(function* <A extends object>(text: string) {
  const { background } = yield* Database
  return yield* background.run(background.sql.unsafe<A>(text))
})

/** Repeats a statement that answers whether there is more to do. */
const untilDone = (text: string) =>
  rowsOf<{ more: boolean }>(text).pipe(Effect.repeat({ until: (rows) => rows[0]?.more !== true }))

/** Rolls up everything, the hour that is going on as well; what comes later is marked and rolled up again. */
export const rollUpAll = Effect.gen(function* () {
  yield* untilDone(`select ts.close_next_hour(date_trunc('hour', now(), 'UTC') + interval '1 hour') as more`)
  yield* untilDone("select ts.roll_next_hour() as more")
  yield* untilDone("select ts.roll_dirty(10000) > 0 as more")
})

/** The promises that do not hold now. Roll up first. */
export const violations = Effect.gen(function* () {
  const found: Array<Violation> = []
  for (const [promise, query] of Object.entries(promises)) {
    const rows = yield* rowsOf<{ example: string }>(query)
    if (rows.length > 0) found.push({ promise, count: rows.length, example: rows[0]?.example ?? "" })
  }
  return found
})

/** Results that were acknowledged and are not there: `acknowledged` are (monitor, tick in ms) pairs. */
export const lost = Effect.fn("Checker.lost")(function* (
  acknowledged: ReadonlyArray<{ readonly monitorKey: number; readonly dueAt: number }>
) {
  const [row] = yield* rowsOf<{ lost: number }>(`
    select count(*)::int as lost
      from json_to_recordset('${JSON.stringify(acknowledged)}') as a("monitorKey" int, "dueAt" float8)
     where not exists (select from ts.results_raw r
                        where r.monitor_key = a."monitorKey" and r.due_at = to_timestamp(a."dueAt" / 1000.0))`)
  return row?.lost ?? Number.NaN
})

/** Totals over all monitors. */
export const account = Effect.gen(function* () {
  const [row] = yield* rowsOf<Account>(`
    select (select coalesce(sum(greatest(0, ceil(extract(epoch from least(coalesce(p.ends_at, 'infinity'), j.due_at)
              - p.starts_at) * 1000 / p.interval_ms))), 0)::int
              from app.placements p join app.jobs j using (job_id)) as due,
           (select count(*)::int from ts.results_raw) as results,
           (select coalesce(sum(count), 0)::int from ts.gaps) as missed,
           (select count(*)::int from ts.gaps) as gaps`)
  return row
})
