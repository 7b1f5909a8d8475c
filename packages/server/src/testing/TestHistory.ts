/**
 * A past for tests of aggregates and queries: monitors with results, placed as scheduling would have placed them.
 */
import { Effect } from "effect"
import { TestInstance } from "./TestInstance.ts"

export const hourMs = 3_600_000
export const dayMs = 86_400_000

/** What is to have happened. Instants are in milliseconds since the epoch. */
export interface History {
  readonly from: number
  readonly to: number
  readonly intervalMs: number
  readonly regions: number
  readonly monitors?: number
  readonly organizationKey?: number
}

/** What {@link insertHistory} made. `monitorIds` and `monitorKeys` are in the same order. */
export interface Inserted {
  readonly monitorIds: ReadonlyArray<string>
  readonly monitorKeys: ReadonlyArray<number>
  readonly regionKeys: ReadonlyArray<number>
}

/** An instant as a literal of SQL. */
export const at = (ms: number): string => `'${new Date(ms).toISOString()}'::timestamptz`

/**
 * Makes monitors with a result at every due instant: latency lognormal, 5 % in a slow mode, 1 % timeouts; 2 % degraded,
 * 2 % down, 1 % error. Their jobs have ended all ticks before `to`. Nothing is rolled up from the hour of `from` on.
 */
export const insertHistory = Effect.fn("TestHistory.insertHistory")(function* (history: History) {
  const { organizationKey, rows } = yield* TestInstance
  const { from, intervalMs, monitors = 1, regions, to } = history
  const owner = history.organizationKey ?? organizationKey
  const keys = yield* rows<{ regionKey: number }>(`
    insert into app.regions (name) select 'r' || i || '-' || (select count(*) from app.regions)
      from generate_series(1, ${regions}) i returning region_key::int as "regionKey"`)
  const regionKeys = keys.map(({ regionKey }) => regionKey)
  yield* rows(
    `select ts.ensure_partitions((${at(from)} at time zone 'UTC')::date, (now() at time zone 'UTC')::date + 1)`
  )
  const inserted = yield* rows<{ monitorKey: number; monitorId: string }>(`
    insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions, interval_ms,
                              timeout_ms, region_keys, created_at)
    select 'mon_' || lpad(i || 'x' || (select count(*) from app.monitors), 20, '0'), ${owner}, 'm' || i, 'http', 1,
           '{"url":"http://127.0.0.1/"}', '[]', ${intervalMs}, ${Math.min(60_000, Math.floor(intervalMs / 2))}, '{${regionKeys.join()}}', ${at(from)}
      from generate_series(1, ${monitors}) i
    returning monitor_key as "monitorKey", monitor_id as "monitorId"`)
  const monitorKeys = inserted.map(({ monitorKey }) => monitorKey)
  yield* rows(`
    with jobs as (
      insert into app.jobs (region_key, check_kind, check_version, interval_ms, timeout_ms, due_at, ready_at, members)
      select r, 'http', 1, ${intervalMs}, 1000, ${at(to)}, 'infinity', '{${monitorKeys.join()}}'
        from unnest('{${regionKeys.join()}}'::smallint[]) r
      returning job_id, region_key
    )
    insert into app.placements (monitor_key, region_key, starts_at, interval_ms, job_id)
    select m, region_key, ${at(from)}, ${intervalMs}, job_id from jobs, unnest('{${monitorKeys.join()}}'::int[]) m`)
  yield* insertResults({ monitorKeys, regionKeys, from, to, intervalMs })
  yield* rows(`update ts.rollup_state set closed_to = date_trunc('hour', ${at(from)}, 'UTC'),
                                          rolled_to = date_trunc('hour', ${at(from)}, 'UTC')`)
  return { monitorIds: inserted.map(({ monitorId }) => monitorId), monitorKeys, regionKeys } satisfies Inserted
})

/** Results at every due instant of monitors whose ticks start at `from`, without a mark of any kind. */
export const insertResults = Effect.fn("TestHistory.insertResults")(function* (options: {
  readonly monitorKeys: ReadonlyArray<number>
  readonly regionKeys: ReadonlyArray<number>
  readonly from: number
  readonly to: number
  readonly intervalMs: number
}) {
  const { rows } = yield* TestInstance
  const { from, intervalMs, monitorKeys, regionKeys, to } = options
  const outcome = "case when o < 0.95 then 0 when o < 0.97 then 1 when o < 0.99 then 2 else 3 end"
  yield* rows(`
    with drawn as (
      select ${at(from)} + k::float8 * ${intervalMs} * interval '1 millisecond'
               + app.offset_ms(m, ${intervalMs}) * interval '1 millisecond' as due_at, m, r, random() as o,
             case when random() < 0.01 then 10000000
                  else exp(11.5 + 0.5 * sqrt(-2 * ln(1 - random())) * cos(6.283185 * random())
                           + case when random() < 0.05 then 2 else 0 end)::int end as total
        from generate_series(0, ${Math.ceil((to - from) / intervalMs) - 1}) k,
             unnest('{${monitorKeys.join()}}'::int[]) m, unnest('{${regionKeys.join()}}'::smallint[]) r
    ), results as (
      insert into ts.results_raw (due_at, monitor_key, total_us, dns_us, connect_us, tls_us, ttfb_us, download_us, size_bytes,
                                  lateness_us, error_bound_us, region_key, status_code, outcome)
      select due_at, m, total, 1, 2, 3, 4, 5, 6, 7, 8, r, 200, ${outcome} from drawn
      on conflict do nothing returning due_at, monitor_key, region_key, outcome
    )
    insert into ts.result_details (due_at, monitor_key, region_key, reason, message)
    select due_at, monitor_key, region_key, 'timeout', 'no answer' from results where outcome > 0`)
})

/** A gap as `app.record_gap` records it: `count` due instants from `startsAt` on, and the mark of those already rolled up. */
export const insertGap = Effect.fn("TestHistory.insertGap")(function* (options: {
  readonly monitorKey: number
  readonly regionKey: number
  readonly startsAt: number
  readonly intervalMs: number
  readonly count: number
}) {
  const { rows } = yield* TestInstance
  const { count, intervalMs, monitorKey, regionKey, startsAt } = options
  yield* rows(`
    insert into ts.gaps (monitor_key, region_key, starts_at, ends_at, interval_ms, count, cause)
    values (${monitorKey}, ${regionKey}, ${at(startsAt)}, ${at(startsAt + count * intervalMs)}, ${intervalMs}, ${count}, 'no_worker')`)
  yield* rows(`
    select ts.mark_dirty(${regionKey}::smallint, array_agg(${monitorKey}), array_agg(h))
      from generate_series(date_trunc('hour', ${at(startsAt)}, 'UTC'),
                           ${at(startsAt + (count - 1) * intervalMs)}, interval '1 hour') h`)
})
