-- What is unknown at once: states in a region that no worker is left for.

-- Whether a worker may check in a region: one of the region, or for `global` any of its organization and of the instance.
-- One that is lost counts, since it may come back. Served by workers_region, but for `global`.
create function app.is_served(p_region_key smallint) returns boolean language sql stable
begin atomic
  select exists (select from app.workers w where w.region_key = p_region_key and w.revoked_at is null)
      or exists (select from app.regions g join app.workers w
                     on w.organization_key is null or w.organization_key = g.organization_key
                  where g.region_key = p_region_key and g.name = 'global' and w.revoked_at is null);
end;

-- As before, but that the caller may say how long what was heard stays known.
drop function app.record_states(smallint, int, int[], timestamptz[], smallint[], json);

-- Records the states of some monitors in a region where they changed, each with an event. A state is only replaced by a
-- later one. "Unknown" (3) only counts when nothing was known for two intervals or a minute, whichever is longer, or for
-- as long as the caller says.
create function app.record_states(
  p_region_key smallint, p_interval_ms int, p_keys int[], p_dues timestamptz[], p_states smallint[], p_details json,
  p_known_ms bigint default null
) returns void language sql
begin atomic
  with details as (
    select distinct on (k) k, m, g from json_to_recordset(coalesce(p_details, '[]')) as d(k int, m text, g text) order by k
  ), changed as (
    select u.k, u.due_at, u.state, d.m as reason, d.g as message
      from unnest(p_keys, p_dues, p_states) as u(k, due_at, state)
      left join app.monitor_states s on s.monitor_key = u.k and s.region_key = p_region_key
      left join details d on d.k = u.k
     where s.state is distinct from u.state and (s.since_at is null or s.since_at <= u.due_at)
       and (u.state <> 3 or not exists (
             select from ts.results_raw r
              where r.monitor_key = u.k and r.region_key = p_region_key and r.outcome <> 3
                and r.due_at > u.due_at
                             - coalesce(p_known_ms, greatest(2 * p_interval_ms::bigint, 60000)) * interval '1 millisecond'))
  ), recorded as (
    insert into app.monitor_states as s (monitor_key, region_key, state, since_at, reason, message)
    select k, p_region_key, state, due_at, reason, message from changed order by k
    on conflict (monitor_key, region_key) do update
       set state = excluded.state, since_at = excluded.since_at, reason = excluded.reason, message = excluded.message
     where s.state <> excluded.state and s.since_at <= excluded.since_at
    returning s.monitor_key, s.state, s.since_at, s.reason, s.message
  )
  insert into app.events (organization_key, kind, monitor_id, payload)
  select m.organization_key, 'state', m.monitor_id,
         jsonb_strip_nulls(jsonb_build_object(
           'region', g.name, 'state', (array['up', 'degraded', 'down', 'unknown'])[r.state + 1],
           'at', to_char(r.since_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'reason', r.reason, 'message', r.message))
    from recorded r join app.monitors m using (monitor_key) join app.regions g on g.region_key = p_region_key;
end;

-- Turns the ticks of a job from its due_at to p_to (exclusive) into gaps, less the runs already stored, and marks the
-- monitors unknown that nothing was heard of: at once where no worker is left that could look. The caller holds the job's
-- row lock. A gap that goes on is one row.
create or replace function app.record_gap(j app.jobs, p_to timestamptz, p_cause text) returns int language plpgsql as $$
declare
  step constant interval := j.interval_ms * interval '1 millisecond';
  v_keys int[];
  v_starts timestamptz[];
  v_counts int[];
begin
  select array_agg(monitor_key), array_agg(from_tick + off), array_agg(n)
    into v_keys, v_starts, v_counts
    from (
      select q.monitor_key, q.off, q.from_tick,
             round(extract(epoch from q.to_tick - q.from_tick) * 1000 / j.interval_ms)::int as n
        from (
          select p.monitor_key, o.off, least(coalesce(p.ends_at, 'infinity'), p_to) as to_tick,
                 case when p.starts_at > j.due_at then p.starts_at
                      when exists (select from ts.results_raw r
                                    where r.monitor_key = p.monitor_key and r.region_key = j.region_key
                                      and r.due_at = j.due_at + o.off) then j.due_at + step
                      else j.due_at end as from_tick
            from app.placements p
           cross join lateral (
             select app.offset_ms(p.monitor_key, j.interval_ms) * interval '1 millisecond' as off) o
           where p.job_id = j.job_id and p.starts_at < p_to and coalesce(p.ends_at, 'infinity') > j.due_at) q
    ) g where n > 0;
  if v_keys is null then return 0; end if;
  -- Hours that are still open stay open until this commits; closed ones get a mark below.
  perform ts.enter_hours(h, h)
     from (select distinct h from unnest(v_starts, v_counts) as u(s, n)
            cross join lateral generate_series(date_trunc('hour', s, 'UTC'), s + (n - 1) * step, interval '1 hour') h
            where h >= (select closed_to from ts.rollup_state) order by h) hours;
  with g as (
    select * from unnest(v_keys, v_starts, v_counts) as u(k, s, n)
  ), longer as (
    update ts.gaps t set ends_at = g.s + g.n * step, count = t.count + g.n
      from g where t.monitor_key = g.k and t.region_key = j.region_key and t.ends_at = g.s
               and t.cause = p_cause and t.interval_ms = j.interval_ms
    returning g.k, g.s
  )
  insert into ts.gaps (monitor_key, region_key, starts_at, ends_at, interval_ms, count, cause)
  select g.k, j.region_key, g.s, g.s + g.n * step, j.interval_ms, g.n, p_cause
    from g where (g.k, g.s) not in (select k, s from longer)
  on conflict do nothing;
  perform ts.mark_dirty(j.region_key, array_agg(k), array_agg(h))
     from unnest(v_keys, v_starts, v_counts) as u(k, s, n)
    cross join lateral generate_series(date_trunc('hour', s, 'UTC'), s + (n - 1) * step, interval '1 hour') h;
  -- A monitor that left and came back has two stretches here, and one state.
  perform app.record_states(j.region_key, j.interval_ms, array_agg(k), array_agg(last_at), array_agg(3::smallint), null,
                            case when app.is_served(j.region_key) then null else 0 end)
     from (select k, max(s + (n - 1) * step) as last_at from unnest(v_keys, v_starts, v_counts) as u(k, s, n)
            group by k order by k) last;
  return (select sum(n) from unnest(v_counts) n);
end $$;

revoke execute on function app.is_served, app.record_states from public;
