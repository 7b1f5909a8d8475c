-- What lists of very many monitors are read by: their states in one join, and one row a monitor of what they are sorted by.

-- The organization of the transaction is asked for once a statement, in a subquery: as it was, the setting was read and
-- parsed for each row, 5,000 times 1.5 µs.
alter policy own on app.monitors using (organization_key = (select app.current_organization()));
create or replace view ts.own_results_raw as
  select r.* from ts.results_raw r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = (select app.current_organization()));
create or replace view ts.own_result_details as
  select r.* from ts.result_details r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = (select app.current_organization()));
create or replace view ts.own_gaps as
  select r.* from ts.gaps r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = (select app.current_organization()));
create or replace view ts.own_results_agg_1h as
  select r.* from ts.results_agg_1h r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = (select app.current_organization()));
create or replace view ts.own_results_agg_1d as
  select r.* from ts.results_agg_1d r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = (select app.current_organization()));

-- For requests that read many states: the policy of the table looks up the monitor of each row, where a join takes a
-- tenth of the time.
create view app.own_monitor_states as
  select s.* from app.monitor_states s
   where exists (select from app.monitors m
                  where m.monitor_key = s.monitor_key and m.organization_key = (select app.current_organization()));
grant select on app.own_monitor_states to openseer_request;

-- The days of a monitor, from the index alone: it takes the place of the one by day, which no statement needs any more.
create index results_agg_1d_monitors on ts.results_agg_1d (monitor_key, bucket_at)
  include (region_key, up, degraded, down, error, missed, p95_us);
drop index ts.results_agg_1d_days;

-- The 44 whole days before to_at, which with today are the strip of a row: runs that were up or degraded, and down, of all
-- regions, and the P95 of the last of these days in the slowest region. Null: nobody knows.
create table ts.results_agg_44d (
  monitor_key int primary key references app.monitors on delete cascade,
  to_at       timestamptz not null,
  good        bigint not null,
  down        bigint not null,
  p95_us      int
);
create view ts.own_results_agg_44d as
  select r.* from ts.results_agg_44d r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = (select app.current_organization()));
grant select on ts.own_results_agg_44d to openseer_request;

-- Adds up the days of some monitors up to the last whole one. Doing it twice gives the same rows; days that are still
-- marked are not whole, and it is done again when they are.
create function ts.sum_days(p_keys int[]) returns void
  language sql
begin atomic
  insert into ts.results_agg_44d as a (monitor_key, to_at, good, down, p95_us)
  select m.monitor_key, w.to_at, coalesce(sum(d.up + d.degraded), 0), coalesce(sum(d.down), 0),
         max(d.p95_us) filter (where d.bucket_at = w.to_at - interval '1 day')
    from (select date_trunc('day', rolled_to, 'UTC') as to_at from ts.rollup_state) w
   cross join app.monitors m
    left join ts.results_agg_1d d
      on d.monitor_key = m.monitor_key and d.bucket_at >= w.to_at - interval '44 days' and d.bucket_at < w.to_at
   where m.monitor_key = any (p_keys)
   group by m.monitor_key, w.to_at
  on conflict (monitor_key) do update
     set to_at = excluded.to_at, good = excluded.good, down = excluded.down, p95_us = excluded.p95_us;
end;
revoke execute on function ts.sum_days from public;

-- As before, and what very many monitors are sorted by.
create or replace function ts.roll_days(p_limit int) returns int language plpgsql as $$
declare
  v_day timestamptz;
  v_keys int[];
  n int;
begin
  if not pg_try_advisory_xact_lock(7402) then return 0; end if;
  select min(day_at) into v_day from ts.rollup_dirty_days;
  if v_day is null then return 0; end if;
  with taken as (
    delete from ts.rollup_dirty_days where ctid in (
      select ctid from ts.rollup_dirty_days where day_at = v_day limit p_limit)
    returning monitor_keys
  )
  select (select array_agg(distinct k) from taken, unnest(monitor_keys) as k), (select count(*) from taken)
    into v_keys, n;
  insert into ts.results_agg_1d as a
    (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch, p95_us)
  select v_day, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch,
         round((ts.quantiles(sketch, '{0.95}'))[1])
    from (select sum(sum_us) as sum_us, monitor_key, sum(up) as up, sum(degraded) as degraded, sum(down) as down,
                 sum(error) as error, sum(missed) as missed, min(min_us) as min_us, max(max_us) as max_us, region_key,
                 ts.merge(sketch) as sketch
            from ts.results_agg_1h
           where monitor_key = any (v_keys) and bucket_at >= v_day and bucket_at < v_day + interval '1 day'
           group by monitor_key, region_key) day
  on conflict (monitor_key, region_key, bucket_at) do update
     set sum_us = excluded.sum_us, up = excluded.up, degraded = excluded.degraded, down = excluded.down,
         error = excluded.error, missed = excluded.missed, min_us = excluded.min_us, max_us = excluded.max_us,
         sketch = excluded.sketch, p95_us = excluded.p95_us;
  perform ts.sum_days(v_keys);
  return n;
end $$;

-- While nobody rolls up days by the function that was: what it does not add up is added up here.
select pg_advisory_xact_lock(7402);
select ts.sum_days(array_agg(monitor_key)) from app.monitors group by monitor_key / 1000;
