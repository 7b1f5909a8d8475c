/**
 * QUERY: how everything of an organization is, in one answer.
 */
import { Monitor, MonitorState, ResultsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"

const decode = Schema.decodeUnknownEffect(
  Schema.Struct({
    at: Schema.Number,
    up: Schema.Int,
    degraded: Schema.Int,
    down: Schema.Int,
    unknown: Schema.Int,
    paused: Schema.Int,
    checksPerMinute: Schema.Number,
    online: Schema.Int,
    latenessP99Us: Schema.NullOr(Schema.Int),
    attention: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        name: Schema.String,
        state: MonitorState.MonitorState,
        since: Schema.NullOr(Schema.Number),
        regions: Schema.Array(Monitor.MonitorRegion),
        regionsTotal: Schema.Int
      })
    )
  })
)

/** The overview of the organization: see `ResultsApi.Overview`. Fails with `DatabaseBusy`. */
export const overview = Effect.fn("Overviews.overview")(function* (organizationKey: number) {
  const database = yield* Database
  const { sql } = database.api
  // The state is that of core's MonitorState.overall. Served by monitors_organization and the key of monitor_states.
  const [row] = yield* database.asOrganization(
    organizationKey,
    sql`
    with m as (
      select monitor_key, monitor_id, name, region_keys, paused_at, interval_ms from app.monitors
       where deleted_at is null and organization_key = ${organizationKey}
    ), s as (
      select m.monitor_key, count(*) filter (where s.state <= 2) as known, count(*) filter (where s.state = 2) as down,
             count(*) filter (where s.state = 1) as degraded, max(s.since_at) as since_at
        from m join app.own_monitor_states s on s.monitor_key = m.monitor_key and s.region_key = any (m.region_keys)
       group by m.monitor_key
    ), judged as materialized (
      select m.*, s.since_at,
             case when m.paused_at is not null then 'paused' when coalesce(s.known, 0) = 0 then 'unknown'
                  when s.down * 2 > s.known then 'down' when s.down + s.degraded = 0 then 'up' else 'degraded' end as state
        from m left join s using (monitor_key)
    ), attention as (
      select *, array_position(array['down', 'degraded', 'unknown'], state) as rank from judged
       where state in ('down', 'degraded', 'unknown')
       order by rank, since_at desc nulls last, monitor_key limit ${ResultsApi.attentionMax}
    )
    select (extract(epoch from now()) * 1000)::float8 as at,
           (count(*) filter (where state = 'up'))::int as up, (count(*) filter (where state = 'degraded'))::int as degraded,
           (count(*) filter (where state = 'down'))::int as down, (count(*) filter (where state = 'unknown'))::int as unknown,
           (count(*) filter (where state = 'paused'))::int as paused,
           coalesce(sum(60000.0 / interval_ms * cardinality(region_keys)) filter (where paused_at is null), 0)::float8
             as "checksPerMinute",
           w.online, w."latenessP99Us",
           (select coalesce(json_agg(json_build_object(
                     'id', a.monitor_id, 'name', a.name, 'state', a.state,
                     'since', (extract(epoch from a.since_at) * 1000)::float8, 'regions', coalesce(r.regions, '[]'),
                     'regionsTotal', cardinality(a.region_keys))
                     order by a.rank, a.since_at desc nulls last, a.monitor_key), '[]')
              from attention a
             cross join lateral (
               select json_agg(json_strip_nulls(json_build_object(
                        'region', g.name,
                        'state', (array['up', 'degraded', 'down', 'unknown'])[coalesce(s.state, 3) + 1],
                        'since', to_char(s.since_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                        'reason', s.reason, 'message', s.message)) order by g.name) as regions
                 from app.regions g
                 left join app.own_monitor_states s on s.monitor_key = a.monitor_key and s.region_key = g.region_key
                where g.region_key = any (a.region_keys) and coalesce(s.state, 3) <> 0) r) as attention
      from judged
     right join (
       select count(*)::int as online, max((h.health ->> 'latenessP99Us')::float8)::int as "latenessP99Us"
         from app.worker_health h where h.seen_at > now() - interval '1 minute') w on true
     group by w.online, w."latenessP99Us"`
  )
  const { at, attention, checksPerMinute, latenessP99Us, online, ...monitors } = yield* Effect.orDie(decode(row))
  return {
    at: new Date(at).toISOString(),
    monitors,
    attention: attention.map(({ id, name, regions, regionsTotal, since, state }) => {
      const monitor = { id, name, state, regions, regionsTotal }
      return since === null ? monitor : Object.assign(monitor, { since: new Date(since).toISOString() })
    }),
    checksPerMinute,
    workers: { online, latenessP99Us }
  } satisfies ResultsApi.Overview
})
