-- Who may read what. Requests of people and services run as openseer_request, which sees one organization: the one in
-- the setting openseer.organization_key of its transaction. Without the setting it sees nothing.

do $$
begin
  if not exists (select from pg_roles where rolname = 'openseer_request') then
    begin
      create role openseer_request nologin;
    exception when duplicate_object or unique_violation then null;
    end;
  end if;
  -- From 16 on, who creates a role without being a superuser is a member that may not take the role.
  if not pg_has_role(current_user, 'openseer_request',
                     case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then
    execute format('grant openseer_request to %I', current_user);
  end if;
exception when insufficient_privilege then
  raise exception 'the role openseer_request is missing, and % may not create it', current_user
    using hint = format('run as a superuser: create role openseer_request nologin; grant openseer_request to %I;',
                        current_user);
end $$;

grant usage on schema auth, app, ts to openseer_request;

alter table auth.organizations enable row level security;
alter table auth.api_keys enable row level security;
alter table auth.enrollment_tokens enable row level security;
alter table app.regions enable row level security;
alter table app.workers enable row level security;
alter table app.worker_health enable row level security;
alter table app.monitors enable row level security;
alter table app.monitor_states enable row level security;
alter table app.placements enable row level security;
alter table app.one_off_jobs enable row level security;
alter table app.events enable row level security;

create policy own on auth.organizations to openseer_request using (organization_key = app.current_organization());
create policy own on auth.api_keys to openseer_request using (organization_key = app.current_organization());
create policy own on auth.enrollment_tokens to openseer_request using (organization_key = app.current_organization());
create policy own on app.monitors to openseer_request using (organization_key = app.current_organization());
create policy own on app.one_off_jobs to openseer_request using (organization_key = app.current_organization());
create policy own on app.events to openseer_request using (organization_key = app.current_organization());
-- The instance's own regions and workers serve everyone and are seen by everyone, but changed by nobody here.
create policy seen on app.regions for select to openseer_request
  using (organization_key is null or organization_key = app.current_organization());
create policy own_insert on app.regions for insert to openseer_request
  with check (organization_key = app.current_organization());
create policy seen on app.workers for select to openseer_request
  using (organization_key is null or organization_key = app.current_organization());
create policy own_update on app.workers for update to openseer_request
  using (organization_key = app.current_organization());
create policy seen on app.worker_health for select to openseer_request
  using (exists (select from app.workers w where w.worker_key = worker_health.worker_key));
create policy own on app.monitor_states for select to openseer_request
  using (exists (select from app.monitors m where m.monitor_key = monitor_states.monitor_key));
create policy own on app.placements for select to openseer_request
  using (exists (select from app.monitors m where m.monitor_key = placements.monitor_key));

grant select on auth.organizations, app.worker_health, app.monitor_states, app.placements to openseer_request;
grant select, insert, update on auth.api_keys, auth.enrollment_tokens, app.monitors to openseer_request;
grant select, insert on app.regions, app.one_off_jobs, app.events to openseer_request;
grant select, update (revoked_at) on app.workers to openseer_request;
grant select on ts.rollup_state to openseer_request;

-- Results carry no organization: they are wide enough. The request role reads them through views that ask the monitor.
create view ts.own_results_raw as
  select r.* from ts.results_raw r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = app.current_organization());
create view ts.own_result_details as
  select r.* from ts.result_details r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = app.current_organization());
create view ts.own_gaps as
  select r.* from ts.gaps r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = app.current_organization());
create view ts.own_results_agg_1h as
  select r.* from ts.results_agg_1h r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = app.current_organization());
create view ts.own_results_agg_1d as
  select r.* from ts.results_agg_1d r
   where exists (select from app.monitors m
                  where m.monitor_key = r.monitor_key and m.organization_key = app.current_organization());

-- By minute it is computed from raw on reading: stored, it would be half as large as raw and is read in milliseconds.
create view ts.results_agg_1m as
  select date_trunc('minute', due_at, 'UTC') as bucket_at,
         coalesce(sum(total_us) filter (where outcome <= 1), 0)::bigint as sum_us, monitor_key,
         (count(*) filter (where outcome = 0))::int as up, (count(*) filter (where outcome = 1))::int as degraded,
         (count(*) filter (where outcome = 2))::int as down, (count(*) filter (where outcome = 3))::int as error,
         min(total_us) filter (where outcome <= 1) as min_us, max(total_us) filter (where outcome <= 1) as max_us,
         region_key,
         coalesce(ts.compact(array_agg(ts.bucket(total_us) << 21 | 1) filter (where outcome <= 1)), '{}') as sketch
    from ts.results_raw group by 1, monitor_key, region_key;

grant select on ts.own_results_raw, ts.own_result_details, ts.own_gaps, ts.own_results_agg_1h, ts.own_results_agg_1d
  to openseer_request;

-- Anybody may call a new function; here only the request role, and only what it needs.
revoke execute on function app.place, app.remove, app.touch_jobs, app.open_tick, app.record_states, app.record_gap,
                           app.submit, app.settle_overdue from public;
revoke execute on all functions in schema ts from public;
grant execute on function app.place, app.remove, app.touch_jobs, app.open_tick, ts.reach, ts.bucket, ts.bucket_us,
                          ts.compact, ts.merge, ts.quantiles, ts.count_missed to openseer_request;
