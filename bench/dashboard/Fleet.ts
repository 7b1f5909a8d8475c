/**
 * Fills a database with a fleet of monitors and its past, by SQL only: what a dashboard of some size has to show.
 *
 * Rollups reach back as many days as asked for, raw results fewer; those of the days that have both are made of the raw
 * ones. Latency is lognormal with a daily rhythm and a slow mode; there are outages, gaps, monitors that are younger than
 * the rest, paused ones, and ones that are down now. Nothing is due for a month, so that all stays as it is.
 */
import { Effect } from "effect"

/** How much. */
export interface FleetOptions {
  readonly monitors: number
  readonly days: number
  /** Days of raw results, today counted. */
  readonly rawDays: number
  readonly intervalMs: number
}

/** Runs a statement with all rights, always in the same session. */
export type Statement = <A extends object>(text: string) => Effect.Effect<ReadonlyArray<A>>

const regionNames = ["ap-south-1", "eu-west-1", "us-east-1"]

const words = {
  of: ["Checkout", "Search", "Login", "Catalogue", "Billing", "Mail", "Reports", "Uploads", "Webhooks", "Profile"],
  what: ["API", "page", "worker", "gateway", "database", "cache", "feed"],
  teams: ["payments", "growth", "platform", "identity", "data", "mobile", "support", "infra"]
}

const pick = (list: ReadonlyArray<string>, n: string) => `('{${list.join()}}'::text[])[1 + (${n}) % ${list.length}]`

/** A latency in microseconds of one of 40 classes, 10 ms to 0.7 s in the median. */
const latencyUs = (classOf: string) =>
  `exp(9.2 + ${classOf} * 0.11 + 0.35 * sqrt(-2 * ln(1 - random())) * cos(6.283185 * random())
       + case when random() < 0.03 then 1.2 else 0 end)::int`

/** The class that a monitor has at a time: slower in the middle of the day. */
const classAt = (base: string, at: string) =>
  `(${base} + 2 + round(2 * sin(extract(epoch from ${at}) / 13751 + ${base})))::int`

/**
 * Makes the fleet, of the organization that has claimed the instance, or of a new one. Answers its key.
 */
export const fill = Effect.fnUntraced(function* (run: Statement, options: FleetOptions) {
  const { days, intervalMs, rawDays } = options
  const perHour = Math.max(1, Math.round(3_600_000 / intervalMs))
  const today = "date_trunc('day', now(), 'UTC')"
  const hour = "date_trunc('hour', now(), 'UTC')"
  const ago = (n: number) => `(${today} - interval '${n} days')`
  yield* run("set statement_timeout = 0")
  yield* run("set synchronous_commit = off")
  yield* run("select setseed(0.42)")
  const organizationKey = yield* organization(run)
  yield* run(
    `select ts.ensure_partitions((${ago(days)} at time zone 'UTC')::date, (now() at time zone 'UTC')::date + 1)`
  )
  yield* insertMonitors(run, organizationKey, options)

  yield* run(`
    create temp table shape as
    select monitor_key, region_key, monitor_key * 7 % 33 as base, created_at from app.monitors m, unnest(region_keys) region_key
     where monitor_key in (select monitor_key from fleet)`)
  yield* run("analyze shape")
  for (let day = rawDays - 1; day >= 0; day--) {
    yield* insertRaw(run, ago(day), `least(${ago(day)} + interval '1 day', now())`, intervalMs)
  }
  yield* run(`
    insert into ts.result_details (due_at, monitor_key, region_key, reason, message)
    select due_at, monitor_key, region_key, 'response_timeout', 'no answer within 10 s' from ts.results_raw
     where outcome > 0 on conflict do nothing`)
  yield* run("vacuum (analyze) ts.results_raw")

  yield* insertPool(run, "pool_hour", perHour, 25)
  yield* insertPool(run, "pool_day", perHour * 24, 8)
  yield* run("alter table pool_day add column p95_us int")
  yield* run("update pool_day set p95_us = round((ts.quantiles(sketch, '{0.95}'))[1])")
  for (let day = days; day >= rawDays; day--) {
    yield* insertHours(
      run,
      `generate_series(${ago(day)}, ${ago(day)} + interval '23 hours', interval '1 hour')`,
      perHour
    )
  }
  yield* run(
    `select ts.build_hour(h) from generate_series(${ago(rawDays - 1)}, ${hour} - interval '1 hour', interval '1 hour') h`
  )
  yield* run("analyze ts.results_agg_1h")
  yield* insertDays(run, ago(days))
  yield* run(`update ts.rollup_state set closed_to = ${hour}, rolled_to = ${hour}`)
  yield* run("select ts.sum_days((select array_agg(monitor_key) from fleet))")
  for (const table of [
    "ts.results_agg_1h",
    "ts.results_agg_1d",
    "ts.results_agg_44d",
    "app.monitors",
    "app.monitor_states"
  ]) {
    yield* run(`vacuum (analyze) ${table}`)
  }
  yield* run("analyze")
  yield* run("checkpoint")
  return organizationKey
})

const organization = Effect.fnUntraced(function* (run: Statement) {
  const [claimed] = yield* run<{ key: number }>("select organization_key as key from auth.instance")
  if (claimed !== undefined) return claimed.key
  const [made] = yield* run<{ key: number }>(`
    insert into auth.organizations (organization_id, name) values ('org_0000000000000000fill', 'Fleet')
    on conflict (organization_id) do update set name = excluded.name returning organization_key as key`)
  return made?.key ?? Number.NaN
})

/** Four of five monitors are in one region, the others in all. */
const insertMonitors = Effect.fnUntraced(function* (
  run: Statement,
  organizationKey: number,
  { days, intervalMs, monitors }: FleetOptions
) {
  for (const name of regionNames) {
    yield* run(`insert into app.regions (organization_key, name) select ${organizationKey}, '${name}'
                 where not exists (select from app.regions where organization_key = ${organizationKey} and name = '${name}')`)
  }
  const regionKeys = `(select array_agg(region_key order by name) from app.regions
                        where organization_key = ${organizationKey} and name in (${regionNames.map((n) => `'${n}'`).join()}))`
  const host = `lower(${pick(words.of, "i * 7")}) || '-' || i || '.example'`
  yield* run("create temp table fleet (monitor_key int primary key)")
  yield* run(`
    with made as (
      insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions, interval_ms,
                                timeout_ms, region_keys, tags, paused_at, created_at)
      select 'mon_' || lpad(i::text, 20, '0'), ${organizationKey},
             ${pick(words.of, "i * 7")} || ' ' || ${pick(words.what, "i / 10")} || ' ' || i,
             case when i % 20 < 17 then 'http' when i % 20 = 17 then 'tcp' when i % 20 = 18 then 'tls' else 'dns' end, 1,
             case when i % 20 < 17 then jsonb_build_object('url', 'https://' || ${host} || '/health')
                  when i % 20 = 19 then jsonb_build_object('name', ${host}, 'recordType', 'A')
                  else jsonb_build_object('host', ${host}, 'port', 443) end,
             '[]', ${intervalMs}, least(10000, ${intervalMs} / 2),
             case when i % 5 = 0 then r else r[1 + i % 3:1 + i % 3] end,
             array['team:' || ${pick(words.teams, "i")}, case when i % 4 = 0 then 'env:staging' else 'env:production' end]
               || case when i % 9 = 0 then array['tier:1'] else '{}' end,
             case when i % 101 = 0 then now() - i % 900 * interval '1 hour' end,
             now() - case when i % 33 = 0 then i % 200 * interval '1 hour' else interval '${days + 1} days' end
        from generate_series(1, ${monitors}) i, ${regionKeys} as g(r)
      returning monitor_key)
    insert into fleet select monitor_key from made`)
  yield* run(`
    insert into app.monitor_states (monitor_key, region_key, state, since_at, reason, message)
    select monitor_key, region_key, state, now() - (random() ^ 3 * 700000) * interval '1 second',
           case state when 1 then 'assertion' when 2 then 'response_timeout' end,
           case state when 1 then 'total time was 2.41 s, expected less than 2 s' when 2 then 'no answer within 10 s' end
      from (select monitor_key, region_key,
                   case when monitor_key % 67 = 0 then 2 when monitor_key % 45 = 0 then 1 when monitor_key % 97 = 0 then 3
                        when random() < 0.01 then 2 else 0 end as state
              from app.monitors join fleet using (monitor_key), unnest(region_keys) region_key) s`)
  yield* run(`
    with jobs as (
      insert into app.jobs (region_key, check_kind, check_version, interval_ms, timeout_ms, due_at, ready_at, members)
      select region_key, check_kind, 1, ${intervalMs}, 10000, now(), now() + interval '30 days', array_agg(monitor_key)
        from app.monitors join fleet using (monitor_key), unnest(region_keys) region_key
       where paused_at is null group by region_key, check_kind, monitor_key / 100
      returning job_id, region_key, members)
    insert into app.placements (monitor_key, region_key, starts_at, interval_ms, job_id)
    select m.monitor_key, region_key, m.created_at, ${intervalMs}, job_id
      from jobs, unnest(members) k join app.monitors m on m.monitor_key = k`)
})

/** Results of all monitors at each of their due instants of a day, in the order in which they would have come. */
const insertRaw = (run: Statement, from: string, to: string, intervalMs: number) =>
  run(`
    insert into ts.results_raw (due_at, monitor_key, total_us, dns_us, connect_us, tls_us, ttfb_us, download_us, size_bytes,
                                lateness_us, error_bound_us, region_key, status_code, outcome)
    select due_at, monitor_key, us, us * 0.04, us * 0.14, us * 0.22, us * 0.5, us * 0.1, 5000 + monitor_key, 700, 100,
           region_key, 200, case when o < 0.992 then 0 when o < 0.996 then 1 when o < 0.999 then 2 else 3 end
      from (select t + app.offset_ms(monitor_key, ${intervalMs}) * interval '1 millisecond' as due_at, monitor_key,
                   region_key, random() as o, ${latencyUs(classAt("base", "t"))} as us
              from generate_series(${from}, ${to} - interval '6 seconds', ${intervalMs} * interval '1 millisecond') t,
                   shape where created_at < t) r`)

/** Some sketches of each class, which rollups share: to make one for each takes a hundred times as long. */
const insertPool = Effect.fnUntraced(function* (run: Statement, table: string, size: number, variants: number) {
  yield* run(`
    create temp table ${table} as
    select class, variant, ts.compact(array_agg(ts.bucket(us) << 21 | 1)) as sketch, sum(us)::bigint as sum_us,
           min(us) as min_us, max(us) as max_us
      from (select class, variant, ${latencyUs("class")} as us
              from generate_series(0, 39) class, generate_series(0, ${variants - 1}) variant, generate_series(1, ${size})) v
     group by class, variant`)
  yield* run(`analyze ${table}`)
})

/** One hour in 250 has an outage, one in 500 a gap, and three in a hundred one failure. */
const insertHours = (run: Statement, hours: string, perHour: number) =>
  run(`
    insert into ts.results_agg_1h (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch)
    select h, case when good > 0 then sum_us * good / ${perHour} else 0 end, monitor_key, good - degraded, degraded, down, 0, missed,
           case when good > 0 then min_us end, case when good > 0 then max_us end, region_key,
           case when good > 0 then sketch else '{}' end
      from (select *, ${perHour} - down - missed as good, least(few, ${perHour} - down - missed) as degraded
              from (select h, monitor_key, region_key, base, few, down, least(missed, ${perHour} - down) as missed
                      from (select h, monitor_key, region_key, base, (random() < 0.02)::int as few,
                                   case when random() < 0.004 then ceil(random() * ${perHour}) else (random() < 0.03)::int end::int as down,
                                   case when random() < 0.002 then ceil(random() * ${perHour}) else 0 end::int as missed
                              from ${hours} h, shape where created_at < h) drawn) d) s
      join pool_hour on class = ${classAt("base", "h")} and variant = (monitor_key + extract(hour from h)::int) % 25`)

const insertDays = (run: Statement, from: string) =>
  run(`
    insert into ts.results_agg_1d (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key,
                                   sketch, p95_us)
    select d.day, d.sum_us, monitor_key, d.up, d.degraded, d.down, d.error, d.missed, d.min_us, d.max_us, region_key,
           case when d.up + d.degraded > 0 then p.sketch else '{}' end, case when d.up + d.degraded > 0 then p.p95_us end
      from (select date_trunc('day', bucket_at, 'UTC') as day, monitor_key, region_key, sum(sum_us) as sum_us, sum(up) as up,
                   sum(degraded) as degraded, sum(down) as down, sum(error) as error, sum(missed) as missed,
                   min(min_us) as min_us, max(max_us) as max_us
              from ts.results_agg_1h join fleet using (monitor_key)
             where bucket_at >= ${from} and bucket_at < date_trunc('day', now(), 'UTC') group by 1, 2, 3) d
      join shape using (monitor_key, region_key)
      join pool_day p on class = base + 2 and variant = monitor_key % 8`)
