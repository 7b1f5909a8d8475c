-- What is watched, and when: monitors, the jobs that carry them, and where each monitor was placed from when to when.

create table app.monitors (
  monitor_key      int generated always as identity primary key,
  monitor_id       text not null unique,
  organization_key int not null references auth.organizations on delete cascade,
  name             text not null,
  check_kind       text not null,
  check_version    smallint not null,
  spec             jsonb not null,
  assertions       jsonb not null,
  interval_ms      int not null check (interval_ms between 1000 and 86400000),
  timeout_ms       int not null check (timeout_ms between 1 and 60000 and timeout_ms <= interval_ms * 0.8),
  region_keys      smallint[] not null check (cardinality(region_keys) > 0),
  tags             text[] not null default '{}',
  paused_at        timestamptz,
  version          int not null default 1,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  deleted_at       timestamptz
);
create index monitors_organization on app.monitors (organization_key, monitor_key) where deleted_at is null;

-- One row for up to 100 monitors of one (region, check type, interval, phase). Rows are not inserted or deleted per run.
-- ready_at says when the job may be handed out: its due_at when free, the lease's expiry when leased, infinity when empty
-- and at rest. members is who is due at the ticks from members_from on; who is due at one before it, placements say.
create sequence app.lease_id;
create table app.jobs (
  job_id          int generated always as identity primary key,
  region_key      smallint not null references app.regions,
  check_kind      text not null,
  check_version   smallint not null,
  interval_ms     int not null,
  timeout_ms      int not null,
  due_at          timestamptz(3) not null,
  ready_at        timestamptz(3) not null,
  lease_id        bigint,
  worker_key      int references app.workers,
  attempts        smallint not null default 0,
  version         int not null default 1,
  members_from    timestamptz(3) not null default '-infinity',
  members         int[] not null default '{}' check (cardinality(members) <= 500)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200,
        autovacuum_vacuum_cost_delay = 0);
create index jobs_ready on app.jobs (region_key, ready_at);
create index jobs_room on app.jobs (region_key, check_kind, check_version, interval_ms) where cardinality(members) < 100;

-- From which tick to which tick (exclusive) a monitor was due in a region: what results and gaps must add up to.
create table app.placements (
  monitor_key int not null references app.monitors on delete cascade,
  region_key  smallint not null references app.regions,
  starts_at   timestamptz(3) not null,
  ends_at     timestamptz(3),
  interval_ms int not null,
  job_id      int not null references app.jobs,
  primary key (monitor_key, region_key, starts_at)
);
create index placements_job on app.placements (job_id, monitor_key);

-- "Run now": checks that are executed once, reported at once and counted nowhere.
create table app.one_off_jobs (
  job_id           int generated always as identity primary key,
  request_id       text not null,
  organization_key int not null references auth.organizations on delete cascade,
  monitor_key      int references app.monitors on delete cascade,
  region_key       smallint not null references app.regions,
  check_kind       text not null,
  check_version    smallint not null,
  spec             jsonb not null,
  assertions       jsonb not null,
  timeout_ms       int not null,
  requested_at     timestamptz not null default now(),
  ready_at         timestamptz(3) not null default now(),
  expires_at       timestamptz not null,
  lease_id         bigint,
  worker_key       int references app.workers,
  attempts         smallint not null default 0,
  result           jsonb,
  finished_at      timestamptz
);
create index one_off_jobs_ready on app.one_off_jobs (region_key, ready_at) where finished_at is null;
create index one_off_jobs_request on app.one_off_jobs (request_id);

-- The state of a monitor in a region: 0 up, 1 degraded, 2 down, 3 unknown. Written when it changes, never per run.
create table app.monitor_states (
  monitor_key int not null references app.monitors on delete cascade,
  region_key  smallint not null references app.regions,
  state       smallint not null check (state between 0 and 3),
  since_at    timestamptz(3) not null,
  reason      text,
  message     text,
  primary key (monitor_key, region_key)
) with (fillfactor = 80);

-- What the event stream tells. xid orders readers: an event is told once every older transaction has ended, so that a
-- cursor never skips one that commits late.
create table app.events (
  event_key        bigint generated always as identity primary key,
  xid              xid8 not null default pg_current_xact_id(),
  organization_key int not null references auth.organizations on delete cascade,
  kind             text not null,
  monitor_id       text,
  payload          jsonb not null,
  created_at       timestamptz not null default now()
);
create index events_created on app.events using brin (created_at);

-- The grid, as in core's Grid.ts: multiples of 2^32 divided by the golden ratio spread evenly, however many there are.
create function app.golden_ms(n bigint, range_ms int) returns int
  language sql immutable parallel safe
  return ((((n * 2654435769) & 4294967295) * range_ms) >> 32)::int;

create function app.spread_ms(interval_ms int) returns int
  language sql immutable parallel safe
  return least(interval_ms / 10, 5000);

create function app.offset_ms(monitor_key int, interval_ms int) returns int
  language sql immutable parallel safe
  return app.golden_ms(monitor_key, app.spread_ms(interval_ms));

create function app.lateness_max(interval_ms int) returns interval
  language sql immutable parallel safe
  return least(interval_ms, 60000) * interval '1 millisecond';

-- The first tick of the grid through tick that is after p_at, never before tick itself.
create function app.first_tick_after(tick timestamptz, interval_ms int, p_at timestamptz) returns timestamptz
  language sql immutable parallel safe
  return tick + interval_ms * interval '1 millisecond'
    * greatest(0, floor(extract(epoch from p_at - tick) * 1000 / interval_ms)::bigint + 1);

-- The organization of a request: the one in the setting of its transaction.
create function app.current_organization() returns int
  language sql stable parallel safe
  return nullif(current_setting('openseer.organization_key', true), '')::int;

-- Whether this transaction may move a monitor between jobs: a request only one of its own organization. The functions
-- below run with the owner's rights, where row-level security does not hold.
create function app.may_move(p_monitor_key int) returns boolean language sql stable
begin atomic
  select current_setting('role') <> 'openseer_request' or exists (
    select from app.monitors m
     where m.monitor_key = p_monitor_key and m.organization_key = app.current_organization());
end;

-- Puts a monitor into a job of one region that has room, or into a new one. Never waits for a job that ingest has locked.
create function app.place(
  p_monitor_key int, p_region_key smallint, p_kind text, p_kind_version smallint, p_interval_ms int, p_timeout_ms int
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  j app.jobs;
  v_starts_at timestamptz(3);
begin
  if not app.may_move(p_monitor_key) then
    raise insufficient_privilege using message = 'this monitor is another organization''s';
  end if;
  select * into j from app.jobs
   where region_key = p_region_key and check_kind = p_kind and check_version = p_kind_version
     and interval_ms = p_interval_ms and cardinality(members) < 100
   order by job_id limit 1 for update skip locked;
  if not found then
    insert into app.jobs (region_key, check_kind, check_version, interval_ms, timeout_ms, due_at, ready_at)
    values (p_region_key, p_kind, p_kind_version, p_interval_ms, p_timeout_ms, 'epoch', 'infinity')
    returning * into j;
    j.due_at := to_timestamp(0) + app.golden_ms(j.job_id, p_interval_ms) * interval '1 millisecond';
  end if;
  -- A tick that was handed out was handed out without this monitor, and a tick that is past was before its time.
  v_starts_at := app.first_tick_after(j.due_at, p_interval_ms, now());
  if j.attempts > 0 then
    v_starts_at := greatest(v_starts_at, j.due_at + p_interval_ms * interval '1 millisecond');
  end if;
  if j.members = '{}' and j.ready_at = 'infinity' then
    j.due_at := v_starts_at;
    j.ready_at := v_starts_at;
  end if;
  update app.jobs set due_at = j.due_at, ready_at = j.ready_at, members = members || p_monitor_key,
         members_from = greatest(members_from, v_starts_at), version = version + 1,
         timeout_ms = greatest(timeout_ms, p_timeout_ms)
   where job_id = j.job_id;
  insert into app.placements (monitor_key, region_key, starts_at, interval_ms, job_id)
  values (p_monitor_key, p_region_key, v_starts_at, p_interval_ms, j.job_id)
  -- Removed and placed again before its first tick came: the first placement never had a tick.
  on conflict (monitor_key, region_key, starts_at)
  do update set ends_at = null, interval_ms = excluded.interval_ms, job_id = excluded.job_id;
end $$;

-- Takes a monitor out of all its jobs. Ticks that have begun or were handed out stay due: they end as results or a gap,
-- and until they have, the job does not rest. Jobs are locked in the order of their ids, as ingest does, so the two
-- cannot deadlock.
create function app.remove(p_monitor_key int) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  j app.jobs;
  v_ends_at timestamptz(3);
begin
  if not app.may_move(p_monitor_key) then
    raise insufficient_privilege using message = 'this monitor is another organization''s';
  end if;
  for j in
    select * from app.jobs
     where job_id in (select job_id from app.placements where monitor_key = p_monitor_key and ends_at is null)
     order by job_id for update
  loop
    v_ends_at := app.first_tick_after(j.due_at, j.interval_ms, now());
    if j.attempts > 0 then
      v_ends_at := greatest(v_ends_at, j.due_at + j.interval_ms * interval '1 millisecond');
    end if;
    update app.placements set ends_at = greatest(v_ends_at, starts_at)
     where monitor_key = p_monitor_key and job_id = j.job_id and ends_at is null;
    update app.jobs
       set members = array_remove(members, p_monitor_key), members_from = greatest(members_from, v_ends_at),
           version = version + 1,
           ready_at = case when members = array[p_monitor_key] and greatest(members_from, v_ends_at) <= due_at
                           then 'infinity' else ready_at end
     where job_id = j.job_id;
  end loop;
end $$;

-- Makes workers fetch the members of a monitor's jobs anew: its spec, assertions or timeout have changed. Locks jobs in
-- the order of their ids.
create function app.touch_jobs(p_monitor_key int, p_timeout_ms int) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  with locked as (
    select job_id from app.jobs
     where app.may_move(p_monitor_key)
       and job_id in (select job_id from app.placements where monitor_key = p_monitor_key and ends_at is null)
     order by job_id for update
  )
  update app.jobs set version = version + 1, timeout_ms = greatest(timeout_ms, p_timeout_ms)
   where job_id in (select job_id from locked);
end;
