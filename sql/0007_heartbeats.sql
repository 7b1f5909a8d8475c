-- Heartbeats: monitors whose target calls us. They have no job and no placement: what they expect stands in their own row,
-- from which ingest makes results and gaps. The rules are core's Expectation.ts.

-- A row a heartbeat monitor. Made, paused, resumed and deleted with the monitor by schedule, and given to signals and to
-- time by ingest. It holds what both need, so that locking this one row decides which signal is first. Times are in
-- milliseconds: due_at null is waiting for the first signal, wake_at is when time alone will end something.
create table app.heartbeats (
  monitor_key  int primary key references app.monitors on delete cascade,
  region_key   smallint not null references app.regions,
  spec         jsonb not null,
  interval_ms  int not null,
  is_paused    boolean not null default false,
  token_hash   bytea unique,
  due_at       timestamptz(3),
  wake_at      timestamptz(3) not null default 'infinity',
  started_at   timestamptz(3),
  ended_at     timestamptz(3),
  outcome      smallint check (outcome in (0, 2)),
  last_signal  text check (last_signal in ('start', 'success', 'fail')),
  last_at      timestamptz(3)
) with (fillfactor = 70);
create index heartbeats_wake on app.heartbeats (wake_at) where wake_at < 'infinity';

-- When a control plane was here last, and when none was: signals of that time could not arrive.
create table app.presence (
  one     boolean primary key default true check (one),
  seen_at timestamptz(3) not null
) with (fillfactor = 20);
insert into app.presence (seen_at) values (now());
create table app.absences (
  starts_at timestamptz(3) primary key,
  ends_at   timestamptz(3) not null
);
create index absences_ends on app.absences (ends_at);

-- Says that a control plane is here, and records the absence before it when it was at least p_absent_ms. Locks the one
-- row, and leaves it to whoever is at it already; the second of two finds it fresh.
create function app.mark_present(p_absent_ms int) returns void language plpgsql as $$
declare
  v_seen_at timestamptz;
  v_now constant timestamptz := clock_timestamp();
begin
  select seen_at into v_seen_at from app.presence for no key update skip locked;
  if v_seen_at is null or v_now - v_seen_at < interval '500 milliseconds' then return; end if;
  if v_now - v_seen_at >= p_absent_ms * interval '1 millisecond' then
    insert into app.absences (starts_at, ends_at) values (v_seen_at, v_now) on conflict do nothing;
    delete from app.absences where ends_at < v_now - interval '400 days';
  end if;
  update app.presence set seen_at = v_now;
end $$;

alter table ts.gaps drop constraint gaps_cause_check;
alter table ts.gaps add constraint gaps_cause_check
  check (cause in ('no_worker', 'lease_lost', 'abandoned', 'not_executed', 'no_control_plane'));

-- A result that is up may have details as well: how long a run took exactly.
alter table ts.result_details alter column reason drop not null, alter column message drop not null;

-- The hours in which the instants of p_ended lie; see store_heartbeats.
create function app.heartbeat_hours(p_ended json) returns table (k int, g smallint, h timestamptz)
  language sql immutable parallel safe
begin atomic
  select distinct u.k, u.g, h
    from json_to_recordset(p_ended) as u(k int, g smallint, a float8, i int, n int)
   cross join lateral generate_series(date_trunc('hour', to_timestamp(u.a / 1000), 'UTC'),
                                      to_timestamp((u.a + (u.n - 1) * u.i::float8) / 1000), interval '1 hour') h;
end;

-- Stores what heartbeats have become, whose rows the caller has locked. p_rows: k monitor, d due, w wake, s started and e
-- ended in milliseconds, o outcome, l signal and a its instant. p_ended, a result or what is unheard: k monitor, g region,
-- a instant in milliseconds, o outcome (3: unheard), n how many, i milliseconds apart; and of results y lateness and t
-- total in microseconds, m reason, s message, x more. Results of times that are no longer kept get the first that is.
create function app.store_heartbeats(p_rows json, p_ended json) returns void language plpgsql as $$
declare
  v_region smallint;
  v_kept_from constant timestamptz := ts.kept_from('results_raw');
begin
  update app.heartbeats h
     set due_at = to_timestamp(u.d / 1000), wake_at = coalesce(to_timestamp(u.w / 1000), 'infinity'),
         started_at = to_timestamp(u.s / 1000), ended_at = to_timestamp(u.e / 1000), outcome = u.o,
         last_signal = coalesce(u.l, h.last_signal), last_at = coalesce(to_timestamp(u.a / 1000), h.last_at)
    from json_to_recordset(p_rows) as u(k int, d float8, w float8, s float8, e float8, o smallint, l text, a float8)
   where h.monitor_key = u.k;
  if json_array_length(p_ended) = 0 then return; end if;
  -- Hours that are still open stay open until this commits; closed ones get a mark below.
  perform ts.enter_hours(h, h)
     from (select distinct h from app.heartbeat_hours(p_ended) as u(k, g, h)
            where h >= (select closed_to from ts.rollup_state) order by h) hours;
  insert into ts.results_raw (due_at, monitor_key, total_us, dns_us, connect_us, tls_us, ttfb_us, download_us, size_bytes,
                              lateness_us, error_bound_us, region_key, status_code, outcome)
  select greatest(to_timestamp(u.a / 1000), v_kept_from), u.k, u.t, 0, 0, 0, 0, 0, 0, u.y, 0, u.g, 0, u.o
    from json_to_recordset(p_ended) as u(k int, g smallint, a float8, o smallint, y int, t int) where u.o < 3
  on conflict do nothing;
  insert into ts.result_details (due_at, monitor_key, region_key, reason, message, detail)
  select greatest(to_timestamp(u.a / 1000), v_kept_from), u.k, u.g, u.m, u.s, u.x
    from json_to_recordset(p_ended) as u(k int, g smallint, a float8, o smallint, m text, s text, x jsonb)
   where u.o < 3 and (u.m is not null or u.x is not null)
  on conflict do nothing;
  insert into ts.gaps (monitor_key, region_key, starts_at, ends_at, interval_ms, count, cause)
  select u.k, u.g, to_timestamp(u.a / 1000), to_timestamp((u.a + u.n * u.i::float8) / 1000), u.i, u.n, 'no_control_plane'
    from json_to_recordset(p_ended) as u(k int, g smallint, a float8, o smallint, i int, n int) where u.o = 3
  on conflict do nothing;
  for v_region in
    select distinct u.g from json_to_recordset(p_ended) as u(g smallint) order by u.g
  loop
    perform ts.mark_dirty(v_region, array_agg(k), array_agg(h))
       from app.heartbeat_hours(p_ended) as u(k, g, h) where g = v_region;
    -- What nobody heard of is unknown at once: no interval says how soon it should have been heard again.
    perform app.record_states(v_region, 1, array_agg(k order by k), array_agg(at order by k), array_agg(o order by k),
                              json_agg(json_build_object('k', k, 'm', m, 'g', s) order by k))
       from (select distinct on (u.k) u.k, to_timestamp((u.a + (u.n - 1) * u.i::float8) / 1000) as at, u.o, u.m, u.s
               from json_to_recordset(p_ended) as u(k int, g smallint, a float8, o smallint, i int, n int, m text, s text)
              where u.g = v_region order by u.k, u.a desc) last;
  end loop;
end $$;

alter table app.heartbeats enable row level security;
create policy own on app.heartbeats to openseer_request
  using (exists (select from app.monitors m where m.monitor_key = heartbeats.monitor_key));
grant select, insert, update, delete on app.heartbeats to openseer_request;

revoke execute on function app.mark_present, app.store_heartbeats from public;
