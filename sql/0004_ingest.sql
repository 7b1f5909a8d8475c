-- Ingest: the only way in which a tick ends, as results or as gaps.

-- How many instants of a gap lie in [p_from, p_to).
create function ts.count_missed(starts_at timestamptz, ends_at timestamptz, interval_ms int, p_from timestamptz, p_to timestamptz)
returns int language sql immutable parallel safe
return greatest(0,
    ceil(extract(epoch from least(ends_at, p_to) - starts_at) * 1000 / interval_ms)
  - greatest(0, ceil(extract(epoch from p_from - starts_at) * 1000 / interval_ms)))::int;

-- Marks what must be rolled up again: late rows of hours that are closed.
create function ts.mark_dirty(p_region_key smallint, p_keys int[], p_dues timestamptz[]) returns void
  language sql
begin atomic
  insert into ts.rollup_dirty (hour_at, region_key, monitor_keys)
  select date_trunc('hour', due_at, 'UTC'), p_region_key, array_agg(distinct k)
    from unnest(p_keys, p_dues) as u(k, due_at)
   where due_at < (select closed_to from ts.rollup_state)
   group by 1;
end;

-- Held by writers of an hour until they commit, so that closing the hour waits for them.
create function ts.enter_hours(p_from timestamptz, p_to timestamptz) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7401, floor(extract(epoch from p_from) / 3600)::int);
  if date_trunc('hour', p_from, 'UTC') <> date_trunc('hour', p_to, 'UTC') then
    perform pg_advisory_xact_lock_shared(7401, floor(extract(epoch from p_to) / 3600)::int);
  end if;
end $$;

-- Records the states of some monitors in a region where they changed, each with an event. A state is only replaced by a
-- later one. "Unknown" (3) only counts when nothing was known for two intervals or a minute, whichever is longer.
create function app.record_states(
  p_region_key smallint, p_interval_ms int, p_keys int[], p_dues timestamptz[], p_states smallint[], p_details json
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
                and r.due_at > u.due_at - greatest(2 * p_interval_ms::bigint, 60000) * interval '1 millisecond'))
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
-- monitors unknown that nothing was heard of. The caller holds the job's row lock. A gap that goes on is one row.
create function app.record_gap(j app.jobs, p_to timestamptz, p_cause text) returns int language plpgsql as $$
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
  perform app.record_states(j.region_key, j.interval_ms, array_agg(k), array_agg(last_at), array_agg(3::smallint), null)
     from (select k, max(s + (n - 1) * step) as last_at from unnest(v_keys, v_starts, v_counts) as u(k, s, n)
            group by k order by k) last;
  return (select sum(n) from unnest(v_counts) n);
end $$;

-- The due instants of some monitors at a tick of their job.
create function app.dues(tick timestamptz, keys int[], interval_ms int) returns timestamptz[]
  language sql immutable parallel safe
  return array(select tick + app.offset_ms(k, interval_ms) * interval '1 millisecond'
                 from unnest(keys) with ordinality as u(k, ord) order by ord);

-- Stores submissions of one worker. One element: i index, j job, l lease, t tick in ms, f final, columns of results as
-- array literals, cheapest in the order of k (k monitor, o outcome, c status code, s size, and in microseconds: tt
-- total, d dns, n connect, x tls, b ttfb, w download, y lateness, e error bound), v details of those not up ({k,
-- m reason, g message, x more}). Returns the verdicts that are not `stored`. Safe to run twice: a lease completes a tick
-- once, and results have a key. Locks jobs in the order of their ids; two submissions of one job exclude each other until they
-- commit.
--
-- 8.5 us of server CPU and 205 bytes of log a result, of which the row and its key are 6 us. What took it down from 17
-- and 255, all on PostgreSQL 18: array literals inside the JSON instead of JSON arrays (1.1 us), subscripts instead of
-- an unnest of twelve arrays, which PostgreSQL keeps in twelve temporary stores (1), no `returning` (1.3), no `on
-- conflict` (3.7 and 48 bytes), states read in one pass over their index instead of 100 lookups (1.6).
create function app.submit(p_worker_key int, p_region_keys smallint[], p_submissions json)
returns table (submission int, monitor_key int, verdict text) language plpgsql as $$
#variable_conflict use_column
declare
  s record;
  j app.jobs;
  v_tick timestamptz(3);
  v_allowed int[];
  v_rows int[];
  v_careful boolean;
  v_keys int[];
  v_outcomes smallint[];
begin
  for s in
    select * from json_to_recordset(p_submissions) as s(
      i int, j int, l bigint, t bigint, f boolean, k int[], o smallint[], c smallint[], s int[], tt int[], d int[],
      n int[], x int[], b int[], w int[], y int[], e int[], v json)
    order by s.j, s.i
  loop
    v_tick := to_timestamp(s.t / 1000.0);
    select * into j from app.jobs
     where job_id = s.j and lease_id = s.l and worker_key = p_worker_key and due_at = v_tick for no key update;
    if not found then
      return query
        select s.i, u.k, case when exists (
                 select from app.jobs o join ts.results_raw r
                     on r.monitor_key = u.k and r.region_key = o.region_key
                    and r.due_at = v_tick + app.offset_ms(u.k, o.interval_ms) * interval '1 millisecond'
                  where o.job_id = s.j and o.region_key = any (p_region_keys)) then 'duplicate' else 'fenced' end
          from unnest(s.k) as u(k);
      continue;
    end if;
    perform ts.enter_hours(v_tick, v_tick + app.spread_ms(j.interval_ms) * interval '1 millisecond');
    -- Members came or went: what counts is who was due at this tick.
    v_allowed := j.members;
    if j.members_from > v_tick then
      select coalesce(array_agg(p.monitor_key), '{}') into v_allowed from app.placements p
       where p.job_id = j.job_id and p.starts_at <= v_tick and coalesce(p.ends_at, 'infinity') > v_tick;
    end if;
    v_rows := array(select generate_subscripts(s.k, 1));
    if s.k <> v_allowed then
      v_rows := array(select r from unnest(v_rows) as r where s.k[r] = any (v_allowed));
    end if;
    -- A result that is there already is rare, and this transaction holds its job: so first without looking (a savepoint
    -- costs 0.1 us a result), and only then, once, without those that are there.
    v_careful := false;
    loop
      begin
        insert into ts.results_raw (due_at, monitor_key, total_us, dns_us, connect_us, tls_us, ttfb_us, download_us,
                                    size_bytes, lateness_us, error_bound_us, region_key, status_code, outcome)
        select v_tick + app.offset_ms(s.k[r], j.interval_ms) * interval '1 millisecond', s.k[r], s.tt[r], s.d[r],
               s.n[r], s.x[r], s.b[r], s.w[r], s.s[r], s.y[r], s.e[r], j.region_key, s.c[r], s.o[r]
          from unnest(v_rows) as r;
        exit;
      exception when unique_violation then
        if v_careful then raise; end if;
        v_careful := true;
        v_rows := array(
          select min(r) from unnest(v_rows) as r
           where not exists (
             select from ts.results_raw o
              where o.monitor_key = s.k[r] and o.region_key = j.region_key
                and o.due_at = v_tick + app.offset_ms(s.k[r], j.interval_ms) * interval '1 millisecond')
           group by s.k[r]);
      end;
    end loop;
    v_keys := s.k;
    v_outcomes := s.o;
    if cardinality(v_rows) < cardinality(s.k) then
      v_keys := array(select s.k[r] from unnest(v_rows) as r);
      v_outcomes := array(select s.o[r] from unnest(v_rows) as r);
      return query
        select s.i, u.k, case when u.k = any (v_allowed) then 'duplicate' else 'fenced' end
          from unnest(s.k) as u(k) where u.k <> all (v_keys);
    end if;
    if cardinality(v_keys) > 0 then
      if v_tick < (select closed_to from ts.rollup_state) then
        perform ts.mark_dirty(j.region_key, v_keys, app.dues(v_tick, v_keys, j.interval_ms));
      end if;
      if s.v is not null then
        insert into ts.result_details (due_at, monitor_key, region_key, reason, message, detail)
        select v_tick + app.offset_ms(d.k, j.interval_ms) * interval '1 millisecond', d.k, j.region_key, d.m, d.g, d.x
          from json_to_recordset(s.v) as d(k int, m text, g text, x jsonb)
         where d.k in (select unnest(v_keys))
        on conflict do nothing;
      end if;
      if array(select u.o from unnest(v_keys, v_outcomes) as u(k, o) order by u.k) <> array(
           select m.state from app.monitor_states m
            where m.monitor_key = any (v_keys) and m.region_key = j.region_key order by m.monitor_key) then
        perform app.record_states(j.region_key, j.interval_ms, v_keys,
                                  app.dues(v_tick, v_keys, j.interval_ms), v_outcomes, s.v);
      end if;
    end if;
    if s.f then
      if j.members_from > v_tick or cardinality(v_keys) <> cardinality(j.members) then
        perform app.record_gap(j, v_tick + j.interval_ms * interval '1 millisecond', 'not_executed');
      end if;
      update app.jobs
         set due_at = v_tick + interval_ms * interval '1 millisecond', lease_id = null, worker_key = null, attempts = 0,
             ready_at = case when members = '{}' and members_from <= v_tick + interval_ms * interval '1 millisecond'
                             then 'infinity' else v_tick + interval_ms * interval '1 millisecond' end
       where job_id = j.job_id;
    end if;
  end loop;
end $$;

-- Ends the ticks of up to p_limit jobs that nobody executed in time: they become gaps, and each job moves on to the first
-- tick of its grid that can still be started in time. Any replica may run it at any moment: jobs locked by another are
-- left to it, and a job that has moved on is no longer overdue. Served by jobs_ready.
create function app.settle_overdue(p_limit int) returns table (jobs int, missed int) language plpgsql as $$
declare
  j app.jobs;
  v_to timestamptz(3);
begin
  jobs := 0;
  missed := 0;
  for j in
    select o.* from app.jobs o
     where o.region_key in (select region_key from app.regions) and o.ready_at <= now()
       and (o.due_at + app.lateness_max(o.interval_ms) <= now() or o.attempts >= 3)
     order by o.ready_at limit p_limit for update skip locked
  loop
    v_to := greatest(
      app.first_tick_after(j.due_at, j.interval_ms, now() - app.lateness_max(j.interval_ms)),
      j.due_at + j.interval_ms * interval '1 millisecond');
    missed := missed + app.record_gap(j, v_to,
      case when j.attempts >= 3 then 'abandoned' when j.attempts > 0 then 'lease_lost' else 'no_worker' end);
    update app.jobs
       set due_at = v_to,
           ready_at = case when members = '{}' and members_from <= v_to then 'infinity' else v_to end,
           lease_id = null, worker_key = null, attempts = 0
     where job_id = j.job_id;
    jobs := jobs + 1;
  end loop;
  return next;
end $$;
