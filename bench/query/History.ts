/** Fills a database with months of history, by SQL only, in the order in which results would have come. */
import { Effect } from "effect"
import type { Database } from "../../packages/server/src/db/Database.ts"

/** How much history. */
export interface HistoryOptions {
  readonly monitors: number
  readonly intervalMs: number
  /** Days of raw results. There are rollups for three times as many. */
  readonly rawDays: number
}

type Statement = <A extends object>(text: string) => Effect.Effect<ReadonlyArray<A>>

/** Statements with all rights. The pool has one connection, so that what is set for the session holds for all of them. */
export const statements =
  ({ background }: Database["Service"]): Statement =>
  <A extends object>(text: string) =>
    Effect.orDie(background.sql.unsafe<A>(text))

/**
 * One organization, one region and monitors with a result at each due instant, latency lognormal with a slow mode and
 * timeouts, rolled up. Answers the key of the organization.
 */
export const fill = Effect.fnUntraced(function* (run: Statement, options: HistoryOptions) {
  const { intervalMs, monitors, rawDays } = options
  yield* run("set statement_timeout = 0")
  const [organization] = yield* run<{ key: number }>(
    "insert into auth.organizations (organization_id, name) values ('org_bench', 'Bench') returning organization_key as key"
  )
  const key = organization?.key ?? Number.NaN
  const day0 = `((now() at time zone 'UTC')::date - ${rawDays})`
  const start = `(${day0}::timestamp at time zone 'UTC')`
  yield* run("insert into app.regions (name) values ('bench')")
  yield* run(`
    insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions, interval_ms,
                              timeout_ms, region_keys, created_at)
    select 'mon_' || lpad(i::text, 20, '0'), ${key}, 'm' || i, 'http', 1, '{}', '[]', ${intervalMs}, 1000,
           (select array_agg(region_key) from app.regions), now() - interval '${4 * rawDays} days'
      from generate_series(1, ${monitors}) i`)
  yield* run(`insert into app.monitor_states select monitor_key, region_key, (monitor_key % 50 = 0)::int * 2, now()
                from app.monitors, app.regions`)
  yield* run(`
    insert into app.jobs (region_key, check_kind, check_version, interval_ms, timeout_ms, due_at, ready_at, members)
    select (select region_key from app.regions), 'http', 1, ${intervalMs}, 1000, now(), now() + interval '1 day',
           array_agg(monitor_key) from app.monitors group by monitor_key / 100`)
  yield* run(`
    insert into app.placements (monitor_key, region_key, starts_at, interval_ms, job_id)
    select m, region_key, ${start} - interval '${2 * rawDays} days', ${intervalMs}, job_id from app.jobs, unnest(members) m`)
  yield* run(`select ts.ensure_partitions(${day0} - ${2 * rawDays}, (now() at time zone 'UTC')::date + 1)`)
  yield* run(`select ts.drop_partitions('results_raw', ${day0})`)
  yield* run(
    `update ts.rollup_state set closed_to = date_trunc('hour', now(), 'UTC'), rolled_to = date_trunc('hour', now(), 'UTC')`
  )

  for (let day = 0; day <= rawDays; day++) {
    const from = `${start} + interval '${day} days'`
    yield* run(`
      insert into ts.results_raw (due_at, monitor_key, total_us, dns_us, connect_us, tls_us, ttfb_us, download_us, size_bytes,
                                  lateness_us, error_bound_us, region_key, status_code, outcome)
      select t + app.offset_ms(m, ${intervalMs}) * interval '1 millisecond', m,
             case when random() < 0.01 then 10000000
                  else exp(11 + (m % 7) * 0.3 + 0.5 * sqrt(-2 * ln(1 - random())) * cos(6.283185 * random())
                           + case when random() < 0.05 then 2 else 0 end)::int end,
             1000, 2000, 3000, 4000, 500, 5000, 700, 100, (select region_key from app.regions), 200,
             case when random() < 0.995 then 0 else 2 end
        from generate_series(${from}, least(${from} + interval '1 day', now()) - interval '1 millisecond',
                             ${intervalMs} * interval '1 millisecond') t
       cross join generate_series(1, ${monitors}) m`)
    yield* run(`select ts.build_hour(h) from generate_series(${from}, least(${from} + interval '23 hours',
                       date_trunc('hour', now(), 'UTC') - interval '1 hour'), interval '1 hour') h`)
  }
  yield* run("analyze ts.results_agg_1h")
  yield* run(`
    insert into ts.results_agg_1d (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch)
    select date_trunc('day', bucket_at, 'UTC'), sum(sum_us), monitor_key, sum(up), sum(degraded), sum(down), sum(error),
           sum(missed), min(min_us), max(max_us), region_key, ts.merge(sketch)
      from ts.results_agg_1h where bucket_at < date_trunc('day', now(), 'UTC') group by 1, monitor_key, region_key`)
  // The months before repeat this one.
  for (const table of ["results_agg_1h", "results_agg_1d"]) {
    yield* run(`
      insert into ts.${table} (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch)
      select bucket_at - months * interval '${rawDays} days', sum_us, monitor_key, up, degraded, down, error, missed, min_us,
             max_us, region_key, sketch
        from generate_series(1, 2) months, ts.${table}
       where bucket_at >= ${start} and bucket_at < ${start} + interval '${rawDays} days'`)
  }
  yield* run("vacuum (analyze) ts.results_raw")
  yield* run("vacuum (analyze) ts.results_agg_1h")
  yield* run("vacuum (analyze) ts.results_agg_1d")
  yield* run("analyze")
  yield* run("checkpoint")
  return key
})
