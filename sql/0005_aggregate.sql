-- Aggregate: closed hours are rolled up behind a watermark. Rolling twice gives the same row, and any replica may roll at
-- any moment: one does, the others find nothing to do.

-- Rolling up an hour reads the pages of that hour, not the day's: results come in the order of their due instants.
create index results_raw_due on ts.results_raw using brin (due_at) with (pages_per_range = 32, autosummarize = on);

-- The order in which the event stream tells events.
create index events_stream on app.events (organization_key, xid, event_key);

-- From when on a partitioned table still has its rows: the start of its oldest partition.
create function ts.kept_from(p_table text) returns timestamptz
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if ts.is_native(format('ts.%I', p_table)::regclass) then
    return (select min(to_date(rpad(substring(c.relname from '\d+$'), 8, '01'), 'YYYYMMDD')::timestamp at time zone 'UTC')
              from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = format('ts.%I', p_table)::regclass);
  end if;
  return (select coalesce(min(range_start), '-infinity') from timescaledb_information.chunks
           where hypertable_schema = 'ts' and hypertable_name = p_table);
end $$;

-- Step 1, one hour a transaction: from here on, results of that hour are late and leave a mark. Waits for its writers.
create function ts.close_next_hour(p_upto timestamptz) returns boolean language plpgsql as $$
declare
  v_hour timestamptz;
begin
  select closed_to into v_hour from ts.rollup_state for update skip locked;
  if v_hour is null or v_hour + interval '1 hour' > p_upto then return false; end if;
  perform pg_advisory_xact_lock(7401, floor(extract(epoch from v_hour) / 3600)::int);
  update ts.rollup_state set closed_to = v_hour + interval '1 hour';
  return true;
end $$;

-- Builds the hourly rows of one hour, of all monitors or of some in one region, from raw results and gaps. Where raw
-- results are no longer kept, only what was missed is counted anew: a gap may be recorded long after it began.
create function ts.build_hour(p_hour timestamptz, p_region_key smallint default null, p_keys int[] default null)
returns int language plpgsql as $$
declare
  n int;
  v_only text := case when p_keys is null then '' else 'and region_key = $2 and monitor_key = any ($3)' end;
  v_columns text := case when p_hour < ts.kept_from('results_raw') then 'missed = excluded.missed' else
    'sum_us = excluded.sum_us, up = excluded.up, degraded = excluded.degraded, down = excluded.down,
     error = excluded.error, missed = excluded.missed, min_us = excluded.min_us, max_us = excluded.max_us,
     sketch = excluded.sketch' end;
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
    on conflict (monitor_key, region_key, bucket_at) do update set %2$s $q$, v_only, v_columns)
  using p_hour, p_region_key, p_keys;
  get diagnostics n = row_count;
  return n;
end $$;

-- Step 2, in a later transaction than the closing: rolls up the oldest closed hour that is not. After the last hour of a
-- day, all its monitors are marked, a thousand a mark, so that no statement takes longer than seconds. False: nothing to
-- do, or another is at it.
create function ts.roll_next_hour() returns boolean language plpgsql as $$
declare
  v ts.rollup_state;
  v_day timestamptz;
begin
  if not pg_try_advisory_xact_lock(7402) then return false; end if;
  select * into v from ts.rollup_state;
  if v.rolled_to >= v.closed_to then return false; end if;
  v_day := date_trunc('day', v.rolled_to, 'UTC');
  perform ts.ensure_partitions((v_day at time zone 'UTC')::date, (v_day at time zone 'UTC')::date);
  perform ts.build_hour(v.rolled_to);
  if v.rolled_to + interval '1 hour' = v_day + interval '1 day' then
    insert into ts.rollup_dirty_days (day_at, monitor_keys)
    select v_day, array_agg(monitor_key) from app.monitors
     where coalesce(deleted_at, 'infinity') >= v_day group by monitor_key / 1000;
  end if;
  update ts.rollup_state set rolled_to = v.rolled_to + interval '1 hour';
  return true;
end $$;

-- Builds again what late rows have marked, up to p_limit marks. Returns how many hours of a region it built; 0 also when
-- another is at it. A day that is not over yet needs no mark: it gets one with its last hour.
create function ts.roll_dirty(p_limit int) returns int language plpgsql as $$
declare
  m record;
  v_rolled_to timestamptz;
  v_day timestamptz;
  n int := 0;
begin
  if not pg_try_advisory_xact_lock(7402) then return 0; end if;
  select rolled_to into v_rolled_to from ts.rollup_state;
  for m in
    with taken as (
      delete from ts.rollup_dirty where ctid in (
        select ctid from ts.rollup_dirty where hour_at < v_rolled_to order by hour_at, region_key limit p_limit)
      returning *
    )
    select hour_at, region_key, array_agg(distinct k) as keys from taken, unnest(monitor_keys) as k
     where hour_at >= ts.kept_from('results_agg_1h') group by 1, 2
  loop
    perform ts.build_hour(m.hour_at, m.region_key, m.keys);
    v_day := date_trunc('day', m.hour_at, 'UTC');
    if v_day + interval '1 day' <= v_rolled_to then
      insert into ts.rollup_dirty_days (day_at, monitor_keys) values (v_day, m.keys);
    end if;
    n := n + 1;
  end loop;
  return n;
end $$;

-- Rolls up what is marked of the oldest marked day, up to p_limit marks. Returns how many marks it took; 0 also when
-- another is at it.
create function ts.roll_days(p_limit int) returns int language plpgsql as $$
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
    (bucket_at, sum_us, monitor_key, up, degraded, down, error, missed, min_us, max_us, region_key, sketch)
  select v_day, sum(sum_us), monitor_key, sum(up), sum(degraded), sum(down), sum(error), sum(missed), min(min_us),
         max(max_us), region_key, ts.merge(sketch)
    from ts.results_agg_1h
   where monitor_key = any (v_keys) and bucket_at >= v_day and bucket_at < v_day + interval '1 day'
   group by monitor_key, region_key
  on conflict (monitor_key, region_key, bucket_at) do update
     set sum_us = excluded.sum_us, up = excluded.up, degraded = excluded.degraded, down = excluded.down,
         error = excluded.error, missed = excluded.missed, min_us = excluded.min_us, max_us = excluded.max_us,
         sketch = excluded.sketch;
  return n;
end $$;

-- How far the results of each grain reach: what a query may read from where. Days are in the daily rollups before
-- daily_to and hours in the hourly ones before rolled_to; results are kept from raw_from on, hours from hourly_from on.
create function ts.reach(
  out now_at timestamptz, out rolled_to timestamptz, out daily_to timestamptz, out raw_from timestamptz,
  out hourly_from timestamptz
) language sql stable security definer set search_path = pg_catalog, pg_temp
return (
  select row (now(), s.rolled_to,
              least(date_trunc('day', s.rolled_to, 'UTC'), (select min(day_at) from ts.rollup_dirty_days)),
              ts.kept_from('results_raw'), ts.kept_from('results_agg_1h'))
    from ts.rollup_state s);

-- The tick of a job that has not ended: all before it are results or gaps.
create function app.open_tick(p_job_id int) returns timestamptz
  language sql stable security definer set search_path = pg_catalog, pg_temp
return (select due_at from app.jobs where job_id = p_job_id);
