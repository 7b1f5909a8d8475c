-- What very many monitors are sorted by, without reading a sketch: the P95 of each day in its row, and an index that holds
-- it with the counts, so that 45 days of 5,000 monitors are read from the index alone.

alter table ts.results_agg_1d add column p95_us int;
create index results_agg_1d_days on ts.results_agg_1d (bucket_at) include (monitor_key, up, degraded, down, p95_us);

-- With the column that is new, at its end.
create or replace view ts.own_results_agg_1d as
  select r.* from ts.results_agg_1d r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = app.current_organization());

-- As before, and with the P95 of the day.
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
  return n;
end $$;

-- The days before the last whole one are never sorted by it.
update ts.results_agg_1d set p95_us = round((ts.quantiles(sketch, '{0.95}'))[1]) where bucket_at >= now() - interval '2 days';
