-- What came of it: one narrow row a result, evidence of what was not up beside it, gaps, and mergeable rollups.

-- Outcomes: 0 up, 1 degraded, 2 down, 3 error. Durations in microseconds.
create table ts.results_raw (
  due_at         timestamptz(3) not null,
  monitor_key    int not null,
  total_us       int not null,
  dns_us         int not null,
  connect_us     int not null,
  tls_us         int not null,
  ttfb_us        int not null,
  download_us    int not null,
  size_bytes     int not null,
  lateness_us    int not null,
  error_bound_us int not null,
  region_key     smallint not null,
  status_code    smallint not null,
  outcome        smallint not null,
  primary key (monitor_key, region_key, due_at)
) partition by range (due_at);

create table ts.result_details (
  due_at      timestamptz(3) not null,
  monitor_key int not null,
  region_key  smallint not null,
  reason      text not null,
  message     text not null,
  detail      jsonb,
  primary key (monitor_key, region_key, due_at)
) partition by range (due_at);

-- Due instants that nobody executed in time: `count` of them from starts_at on, each interval_ms apart.
create table ts.gaps (
  monitor_key int not null,
  region_key  smallint not null,
  starts_at   timestamptz(3) not null,
  ends_at     timestamptz(3) not null,
  interval_ms int not null,
  count       int not null check (count > 0),
  cause       text not null check (cause in ('no_worker', 'lease_lost', 'abandoned', 'not_executed')),
  created_at  timestamptz not null default now(),
  primary key (monitor_key, region_key, starts_at)
);
create index gaps_ends on ts.gaps (ends_at);

create table ts.results_agg_1h (
  bucket_at   timestamptz not null,
  sum_us      bigint not null,
  monitor_key int not null,
  up          int not null,
  degraded    int not null,
  down        int not null,
  error       int not null,
  missed      int not null,
  min_us      int,
  max_us      int,
  region_key  smallint not null,
  sketch      int[] not null,
  primary key (monitor_key, region_key, bucket_at)
) partition by range (bucket_at);
create table ts.results_agg_1d (like ts.results_agg_1h including all) partition by range (bucket_at);

-- Hours before closed_to take only late results, which leave a mark; hours before rolled_to are in the rollups.
create table ts.rollup_state (
  one       boolean primary key default true check (one),
  closed_to timestamptz not null,
  rolled_to timestamptz not null
);
-- Append only and not unique: a conflicting mark could be consumed before the rows it stands for are visible.
create table ts.rollup_dirty (
  hour_at      timestamptz not null,
  region_key   smallint not null,
  monitor_keys int[] not null
);
create table ts.rollup_dirty_days (day_at timestamptz not null, monitor_keys int[] not null);
insert into ts.rollup_state (closed_to, rolled_to)
values (date_trunc('hour', now(), 'UTC'), date_trunc('hour', now(), 'UTC'));

-- Where TimescaleDB is, raw results are a hypertable, compressed after a day where the licence has compression.
do $$
begin
  if exists (select from pg_extension where extname = 'timescaledb') then
    alter table ts.results_raw rename to results_native;
    create table ts.results_raw (like ts.results_native including all);
    drop table ts.results_native;
    perform create_hypertable('ts.results_raw', 'due_at', chunk_time_interval => interval '1 day',
                              create_default_indexes => false);
    if current_setting('timescaledb.license', true) = 'timescale' then
      alter table ts.results_raw set (timescaledb.compress, timescaledb.compress_orderby = 'due_at',
                                      timescaledb.compress_segmentby = 'monitor_key, region_key');
      perform add_compression_policy('ts.results_raw', interval '1 day');
    end if;
  end if;
end $$;

create function ts.is_native(p_table regclass) returns boolean
  language sql stable
  return exists (select from pg_partitioned_table where partrelid = p_table);

create function ts.create_partition(p_table text, p_from timestamptz, p_to timestamptz, p_suffix text) returns int
  language plpgsql as $$
begin
  if to_regclass(format('ts.%I', p_table || '_' || p_suffix)) is not null then return 0; end if;
  execute format('create table ts.%I partition of ts.%I for values from (%L) to (%L)',
                 p_table || '_' || p_suffix, p_table, p_from, p_to);
  return 1;
end $$;

-- Partitions of results by day, of hourly rollups by month, of daily rollups by year, for all days in [p_from, p_to].
-- Serialised by a transaction lock: replicas may call it at the same moment.
create function ts.ensure_partitions(p_from date, p_to date) returns int language plpgsql as $$
declare
  d timestamp;
  n int := 0;
begin
  perform pg_advisory_xact_lock(7403);
  for d in select generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') loop
    if ts.is_native('ts.results_raw') then
      n := n + ts.create_partition('results_raw', d at time zone 'UTC', (d + interval '1 day') at time zone 'UTC',
                                   to_char(d, 'YYYYMMDD'));
    end if;
    n := n + ts.create_partition('result_details', d at time zone 'UTC', (d + interval '1 day') at time zone 'UTC',
                                 to_char(d, 'YYYYMMDD'));
  end loop;
  for d in select generate_series(date_trunc('month', p_from::timestamp), p_to::timestamp, interval '1 month') loop
    n := n + ts.create_partition('results_agg_1h', d at time zone 'UTC', (d + interval '1 month') at time zone 'UTC',
                                 to_char(d, 'YYYYMM'));
  end loop;
  for d in select generate_series(date_trunc('year', p_from::timestamp), p_to::timestamp, interval '1 year') loop
    n := n + ts.create_partition('results_agg_1d', d at time zone 'UTC', (d + interval '1 year') at time zone 'UTC',
                                 to_char(d, 'YYYY'));
  end loop;
  return n;
end $$;

-- How many whole days ahead of now the raw results have partitions for.
create function ts.partition_days_ahead() returns int language sql stable
begin atomic
  select case when ts.is_native('ts.results_raw')
    then (select coalesce(max(to_date(right(c.relname, 8), 'YYYYMMDD')), current_date - 1)
            from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'ts.results_raw'::regclass) - (now() at time zone 'UTC')::date
    else 1000 end;
end;

-- Drops the partitions of one table that end before p_before. Partition names end in YYYY, YYYYMM or YYYYMMDD.
create function ts.drop_partitions(p_table text, p_before date) returns int language plpgsql as $$
declare
  t text;
  n int := 0;
  v_last text := to_char(p_before - 1, 'YYYYMMDD');
begin
  set local lock_timeout = '2s';
  if not ts.is_native(format('ts.%I', p_table)::regclass) then
    select count(*) into n from drop_chunks(format('ts.%I', p_table)::regclass,
                                            older_than => p_before::timestamp at time zone 'UTC');
    return n;
  end if;
  for t in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = format('ts.%I', p_table)::regclass
       and rpad(substring(c.relname from '\d+$'), 8, '9') <= v_last
  loop
    execute format('drop table ts.%I', t);
    n := n + 1;
  end loop;
  return n;
end $$;

select ts.ensure_partitions((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 3);

-- The sketch, as in core's Sketch.ts: DDSketch with 1 % relative error, entries `bucket << 21 | count`.
create function ts.bucket(us int) returns int
  language sql immutable parallel safe
  return case when us <= 1 then 0 else least(1023, ceil(ln(us::float8) / 0.020000666706669435)::int) end;

create function ts.bucket_us(bucket int) returns float8
  language sql immutable parallel safe
  return case when bucket <= 0 then 1.0 else 0.99 * exp(bucket * 0.020000666706669435) end;

create function ts.compact(entries int[]) returns int[]
  language sql immutable parallel safe strict
begin atomic
  select coalesce(array_agg(e order by e), '{}')
    from (select ((x >> 21) << 21) | least(sum(x & 2097151), 2097151)::int as e
            from unnest(entries) x group by x >> 21) s;
end;

create aggregate ts.merge(int[]) (
  sfunc = array_cat, stype = int[], initcond = '{}', finalfunc = ts.compact, combinefunc = array_cat, parallel = safe
);

-- The values in microseconds at some quantiles (0 to 1, ascending) of a sketch; nulls of an empty one. A loop, since this
-- is a few hundred entries: as a query with windows it takes ten times as long.
create function ts.quantiles(sketch int[], qs float8[]) returns float8[]
  language plpgsql immutable parallel safe strict as $$
declare
  total constant bigint := (select sum(x & 2097151) from unnest(sketch) x);
  entry int;
  seen bigint := 0;
  found float8[] := '{}';
  i int := 1;
  rank bigint := greatest(1, ceil(qs[1] * total));
begin
  foreach entry in array sketch loop
    seen := seen + (entry & 2097151);
    while seen >= rank loop
      found[i] := ts.bucket_us(entry >> 21);
      i := i + 1;
      if i > cardinality(qs) then return found; end if;
      rank := greatest(1, ceil(qs[i] * total));
    end loop;
  end loop;
  return array_fill(null::float8, array[cardinality(qs)]);
end $$;
