-- Aggregate: closed hours are rolled up behind a watermark. Rolling twice gives the same row.

-- Step 1, one hour a transaction: from here on, results of that hour are late and leave a mark. Waits for its writers.
create function ts.close_next_hour(p_upto timestamptz) returns boolean language plpgsql as $$
declare
  v_hour timestamptz;
begin
  select closed_to into v_hour from ts.rollup_state for update;
  if v_hour + interval '1 hour' > p_upto then return false; end if;
  perform pg_advisory_xact_lock(7401, floor(extract(epoch from v_hour) / 3600)::int);
  update ts.rollup_state set closed_to = v_hour + interval '1 hour';
  return true;
end $$;

-- Builds the hourly rows of one hour, of all monitors or of some in one region, from raw results and gaps.
create function ts.build_hour(p_hour timestamptz, p_region_key smallint default null, p_keys int[] default null)
returns int language plpgsql as $$
declare
  n int;
  v_only text := case when p_keys is null then '' else 'and region_key = $2 and monitor_key = any ($3)' end;
begin
  execute format($q$
    with r as (
      select monitor_key, region_key,
             count(*) filter (where outcome = 0) as up, count(*) filter (where outcome = 1) as degraded,
             count(*) filter (where outcome = 2) as down, count(*) filter (where outcome = 3) as error,
             coalesce(sum(total_us) filter (where outcome <= 1), 0) as sum_us,
             min(total_us) filter (where outcome <= 1) as min_us, max(total_us) filter (where outcome <= 1) as max_us,
             ts.compact(array_agg(ts.bucket(total_us) << 21 | 1) filter (where outcome <= 1)) as sketch
        from ts.results_raw
       where due_at >= $1 and due_at < $1 + interval '1 hour' %1$s group by monitor_key, region_key
    ), g as (
      select monitor_key, region_key,
             sum(ts.count_missed(starts_at, ends_at, interval_ms, $1, $1 + interval '1 hour')) as missed
        from ts.gaps
       where starts_at < $1 + interval '1 hour' and ends_at > $1 %1$s group by monitor_key, region_key
    )
    insert into ts.results_agg_1h as a
      (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch)
    select $1, coalesce(sum_us, 0), monitor_key, coalesce(up, 0), coalesce(degraded, 0), coalesce(down, 0),
           coalesce(error, 0), coalesce(missed, 0), min_us, max_us, region_key, coalesce(sketch, '{}')
      from r full join g using (monitor_key, region_key)
    on conflict (monitor_key, region_key, bucket_at) do update
       set sum_us = excluded.sum_us, up = excluded.up, degraded = excluded.degraded, down = excluded.down,
           error = excluded.error, missed = excluded.missed, min_us = excluded.min_us, max_us = excluded.max_us,
           sketch = excluded.sketch $q$, v_only) using p_hour, p_region_key, p_keys;
  get diagnostics n = row_count;
  return n;
end $$;

-- Step 2, in a later transaction than the closing: rolls up the oldest closed hour that is not. False: nothing to do.
create function ts.roll_next_hour() returns boolean language plpgsql as $$
declare
  v ts.rollup_state;
begin
  perform pg_advisory_xact_lock(7402);
  select * into v from ts.rollup_state;
  if v.rolled_to >= v.closed_to then return false; end if;
  perform ts.ensure_partitions((v.rolled_to at time zone 'UTC')::date, (v.rolled_to at time zone 'UTC')::date);
  perform ts.build_hour(v.rolled_to);
  insert into ts.rollup_dirty_days values (date_trunc('day', v.rolled_to, 'UTC'));
  update ts.rollup_state set rolled_to = v.rolled_to + interval '1 hour';
  return true;
end $$;

-- Builds again what late rows have marked, up to p_limit marks. Returns how many marks it took.
create function ts.roll_dirty(p_limit int) returns int language plpgsql as $$
declare
  m record;
  n int := 0;
begin
  perform pg_advisory_xact_lock(7402);
  for m in
    with taken as (
      delete from ts.rollup_dirty where ctid in (
        select ctid from ts.rollup_dirty where hour_at < (select rolled_to from ts.rollup_state) limit p_limit)
      returning *
    )
    select hour_at, region_key, array_agg(distinct k) as keys, count(*) as marks
      from taken, unnest(monitor_keys) as k group by 1, 2
  loop
    perform ts.build_hour(m.hour_at, m.region_key, m.keys);
    insert into ts.rollup_dirty_days values (date_trunc('day', m.hour_at, 'UTC'));
    n := n + m.marks;
  end loop;
  return n;
end $$;

-- Rolls up the oldest marked day whose hours are all rolled up. False: nothing to do.
create function ts.roll_next_day() returns boolean language plpgsql as $$
declare
  v_day timestamptz;
begin
  perform pg_advisory_xact_lock(7402);
  select min(day_at) into v_day from ts.rollup_dirty_days
   where day_at + interval '1 day' <= (select rolled_to from ts.rollup_state);
  if v_day is null then return false; end if;
  delete from ts.rollup_dirty_days where day_at = v_day;
  perform ts.ensure_partitions((v_day at time zone 'UTC')::date, (v_day at time zone 'UTC')::date);
  insert into ts.results_agg_1d as a
    (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch)
  select v_day, sum(sum_us), monitor_key, sum(up), sum(degraded), sum(down), sum(error), sum(missed), min(min_us),
         max(max_us), region_key, ts.merge(sketch)
    from ts.results_agg_1h where bucket_at >= v_day and bucket_at < v_day + interval '1 day'
   group by monitor_key, region_key
  on conflict (monitor_key, region_key, bucket_at) do update
     set sum_us = excluded.sum_us, up = excluded.up, degraded = excluded.degraded, down = excluded.down,
         error = excluded.error, missed = excluded.missed, min_us = excluded.min_us, max_us = excluded.max_us,
         sketch = excluded.sketch;
  return true;
end $$;
