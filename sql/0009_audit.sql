-- What people changed: triggers write it, so that no code path can forget it. Who did it is said by the settings
-- openseer.actor_kind, _id, _name and _address of the transaction; without them it was the system itself.

create table auth.audit_log (
  audit_id         bigint generated always as identity primary key,
  organization_key int not null references auth.organizations on delete cascade,
  at               timestamptz not null default now(),
  actor_kind       text not null check (actor_kind in ('user', 'api_key', 'operator', 'embedder', 'system')),
  actor_id         text,
  actor_name       text,
  actor_address    text,
  action           text not null,
  target_kind      text,
  target_id        text,
  target_name      text,
  detail           jsonb
);
create index audit_log_organization on auth.audit_log (organization_key, audit_id desc);
create index audit_log_at on auth.audit_log using brin (at);

alter table auth.audit_log enable row level security;
create policy own on auth.audit_log for select to openseer_request
  using (organization_key = app.current_organization());
grant select on auth.audit_log to openseer_request;

-- Writes one entry. Names are those of now: whoever is renamed or removed later is found here as they were.
create function auth.audit(
  p_organization_key int, p_action text, p_target_kind text, p_target_id text, p_target_name text, p_detail jsonb
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_kind constant text := coalesce(nullif(current_setting('openseer.actor_kind', true), ''), 'system');
  v_id constant text := nullif(current_setting('openseer.actor_id', true), '');
  v_name text := nullif(current_setting('openseer.actor_name', true), '');
begin
  if v_name is null and v_kind = 'user' then
    select name into v_name from auth.users where user_id = v_id;
  elsif v_name is null and v_kind = 'api_key' then
    select name into v_name from auth.api_keys where api_key_id = v_id;
  end if;
  insert into auth.audit_log (organization_key, actor_kind, actor_id, actor_name, actor_address, action, target_kind,
                              target_id, target_name, detail)
  values (p_organization_key, v_kind, v_id, v_name, nullif(current_setting('openseer.actor_address', true), ''),
          p_action, p_target_kind, p_target_id, p_target_name, nullif(p_detail, '{}'));
end $$;

create function auth.audit_organization() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform auth.audit(new.organization_key, 'organization.create', 'organization', new.organization_id, new.name, null);
  else
    perform auth.audit(new.organization_key, 'organization.update', 'organization', new.organization_id, new.name,
      case when old.name <> new.name
           then jsonb_build_object('name', jsonb_build_object('from', old.name, 'to', new.name)) else '{}' end ||
      case when old.monitors_max <> new.monitors_max
           then jsonb_build_object('monitorsMax', jsonb_build_object('from', old.monitors_max, 'to', new.monitors_max))
           else '{}' end);
  end if;
  return null;
end $$;
create trigger audit_insert after insert on auth.organizations
  for each row execute function auth.audit_organization();
create trigger audit_update after update of name, monitors_max on auth.organizations
  for each row when (old.name <> new.name or old.monitors_max <> new.monitors_max)
  execute function auth.audit_organization();

create function auth.audit_api_key() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform auth.audit(new.organization_key, 'api_key.create', 'api_key', new.api_key_id, new.name,
      jsonb_strip_nulls(jsonb_build_object('scopes', new.scopes, 'display', new.token_display,
                                           'expiresAt', new.expires_at)));
  else
    perform auth.audit(new.organization_key, 'api_key.revoke', 'api_key', new.api_key_id, new.name, null);
  end if;
  return null;
end $$;
create trigger audit_insert after insert on auth.api_keys for each row execute function auth.audit_api_key();
create trigger audit_update after update of revoked_at on auth.api_keys
  for each row when (old.revoked_at is null and new.revoked_at is not null) execute function auth.audit_api_key();

create function auth.audit_enrollment_token() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform auth.audit(new.organization_key,
    case when tg_op = 'INSERT' then 'enrollment_token.create' else 'enrollment_token.revoke' end,
    'enrollment_token', new.enrollment_token_id, new.token_display,
    case when tg_op = 'INSERT' then jsonb_build_object(
      'region', (select name from app.regions where region_key = new.region_key), 'uses', new.uses_left,
      'expiresAt', new.expires_at) end);
  return null;
end $$;
create trigger audit_insert after insert on auth.enrollment_tokens
  for each row execute function auth.audit_enrollment_token();
create trigger audit_update after update of revoked_at on auth.enrollment_tokens
  for each row when (old.revoked_at is null and new.revoked_at is not null)
  execute function auth.audit_enrollment_token();

-- The instance's own workers are in no organization's log: they are the operator's.
create function auth.audit_worker() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform auth.audit(new.organization_key, case when tg_op = 'INSERT' then 'worker.enroll' else 'worker.revoke' end,
    'worker', new.worker_id, new.name,
    jsonb_build_object('region', (select name from app.regions where region_key = new.region_key)));
  return null;
end $$;
create trigger audit_insert after insert on app.workers
  for each row when (new.organization_key is not null) execute function auth.audit_worker();
create trigger audit_update after update of revoked_at on app.workers
  for each row when (new.organization_key is not null and old.revoked_at is null and new.revoked_at is not null)
  execute function auth.audit_worker();

create function auth.region_names(p_region_keys smallint[]) returns jsonb
  language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(jsonb_agg(g.name order by u.ord), '[]')
    from unnest(p_region_keys) with ordinality u (region_key, ord) join app.regions g using (region_key);
end;

-- Old and new of what is harmless; of specs and assertions, which may hold secrets, only that they changed.
create function auth.audit_monitor() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_detail jsonb := '{}';
  v_changed text[] := '{}';
begin
  if tg_op = 'INSERT' then
    perform auth.audit(new.organization_key, 'monitor.create', 'monitor', new.monitor_id, new.name,
      jsonb_build_object('kind', new.check_kind, 'intervalMs', new.interval_ms,
                         'regions', auth.region_names(new.region_keys)));
    return null;
  end if;
  if old.deleted_at is null and new.deleted_at is not null then
    perform auth.audit(new.organization_key, 'monitor.remove', 'monitor', new.monitor_id, new.name, null);
    return null;
  end if;
  if (old.paused_at is null) <> (new.paused_at is null) then
    perform auth.audit(new.organization_key,
      case when new.paused_at is null then 'monitor.resume' else 'monitor.pause' end,
      'monitor', new.monitor_id, new.name, null);
  end if;
  if old.name <> new.name then
    v_changed := v_changed || 'name'::text;
    v_detail := v_detail || jsonb_build_object('name', jsonb_build_object('from', old.name, 'to', new.name));
  end if;
  if old.interval_ms <> new.interval_ms then
    v_changed := v_changed || 'intervalMs'::text;
    v_detail := v_detail ||
      jsonb_build_object('intervalMs', jsonb_build_object('from', old.interval_ms, 'to', new.interval_ms));
  end if;
  if old.timeout_ms <> new.timeout_ms then
    v_changed := v_changed || 'timeoutMs'::text;
    v_detail := v_detail ||
      jsonb_build_object('timeoutMs', jsonb_build_object('from', old.timeout_ms, 'to', new.timeout_ms));
  end if;
  if old.region_keys <> new.region_keys then
    v_changed := v_changed || 'regions'::text;
    v_detail := v_detail || jsonb_build_object('regions', jsonb_build_object(
      'from', auth.region_names(old.region_keys), 'to', auth.region_names(new.region_keys)));
  end if;
  if old.tags <> new.tags then
    v_changed := v_changed || 'tags'::text;
    v_detail := v_detail || jsonb_build_object('tags', jsonb_build_object('from', old.tags, 'to', new.tags));
  end if;
  if old.spec <> new.spec or old.check_version <> new.check_version then v_changed := v_changed || 'spec'::text; end if;
  if old.assertions <> new.assertions then v_changed := v_changed || 'assertions'::text; end if;
  if v_changed <> '{}' then
    perform auth.audit(new.organization_key, 'monitor.update', 'monitor', new.monitor_id, new.name,
      v_detail || jsonb_build_object('changed', v_changed));
  end if;
  return null;
end $$;
-- Loads of monitors by statements of the operator's own name nobody, and are no changes that somebody made here.
create trigger audit_insert after insert on app.monitors
  for each row when (coalesce(current_setting('openseer.actor_kind', true), '') <> '')
  execute function auth.audit_monitor();
-- Every change of a monitor makes a version; sealing its secrets anew makes none.
create trigger audit_update after update on app.monitors
  for each row when (old.version <> new.version) execute function auth.audit_monitor();

create function auth.audit_heartbeat() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform auth.audit(m.organization_key, 'monitor.ping_url', 'monitor', m.monitor_id, m.name, null)
     from app.monitors m where m.monitor_key = new.monitor_key;
  return null;
end $$;
create trigger audit_update after update of token_hash on app.heartbeats
  for each row when (new.token_hash is not null and old.token_hash is distinct from new.token_hash)
  execute function auth.audit_heartbeat();

create function auth.audit_member() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_user_id text;
  v_name text;
begin
  select user_id, name into v_user_id, v_name from auth.users where user_key = coalesce(new.user_key, old.user_key);
  if tg_op = 'INSERT' then
    perform auth.audit(new.organization_key, 'member.join', 'user', v_user_id, v_name,
                       jsonb_build_object('role', new.role));
  elsif tg_op = 'UPDATE' then
    perform auth.audit(new.organization_key, 'member.role', 'user', v_user_id, v_name,
                       jsonb_build_object('role', jsonb_build_object('from', old.role, 'to', new.role)));
  else
    perform auth.audit(old.organization_key,
      case when current_setting('openseer.actor_id', true) = v_user_id then 'member.leave' else 'member.remove' end,
      'user', v_user_id, v_name, jsonb_build_object('role', old.role));
  end if;
  return null;
end $$;
create trigger audit_insert after insert on auth.members for each row execute function auth.audit_member();
create trigger audit_update after update of role on auth.members
  for each row when (old.role <> new.role) execute function auth.audit_member();
create trigger audit_delete after delete on auth.members for each row execute function auth.audit_member();

-- What somebody changes of their own is told in every organization that they are in.
create function auth.audit_user() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_organization_key int;
  v_detail constant jsonb :=
    case when old.name <> new.name
         then jsonb_build_object('name', jsonb_build_object('from', old.name, 'to', new.name)) else '{}' end ||
    case when old.email <> new.email
         then jsonb_build_object('email', jsonb_build_object('from', old.email, 'to', new.email)) else '{}' end;
begin
  for v_organization_key in select organization_key from auth.members where user_key = new.user_key loop
    if v_detail <> '{}' then
      perform auth.audit(v_organization_key, 'account.update', 'user', new.user_id, new.name, v_detail);
    end if;
    if old.password_hash is distinct from new.password_hash then
      perform auth.audit(v_organization_key, 'account.password', 'user', new.user_id, new.name, null);
    end if;
    if (old.totp_confirmed_at is null) <> (new.totp_confirmed_at is null) then
      perform auth.audit(v_organization_key, 'account.second_factor', 'user', new.user_id, new.name,
                         jsonb_build_object('on', new.totp_confirmed_at is not null));
    end if;
  end loop;
  return null;
end $$;
create trigger audit_update after update of name, email, password_hash, totp_confirmed_at on auth.users
  for each row execute function auth.audit_user();

create function auth.audit_invitation() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform auth.audit(new.organization_key,
    case when tg_op = 'INSERT' then 'invitation.create'
         when new.accepted_at is not null then 'invitation.accept' else 'invitation.revoke' end,
    'invitation', new.invitation_id, new.email, jsonb_build_object('role', new.role));
  return null;
end $$;
create trigger audit_insert after insert on auth.invitations for each row execute function auth.audit_invitation();
create trigger audit_update after update of accepted_at, revoked_at on auth.invitations
  for each row when (old.accepted_at is null and new.accepted_at is not null
                     or old.revoked_at is null and new.revoked_at is not null)
  execute function auth.audit_invitation();

-- Who is no member any more has no session in the organization: it goes on in another of theirs, or in none. Nor may
-- links that they made let anybody in, them least of all.
create function auth.end_membership() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update auth.sessions
     set organization_key = (select m.organization_key from auth.members m
                              where m.user_key = old.user_key order by m.joined_at, m.organization_key limit 1)
   where user_key = old.user_key and organization_key = old.organization_key;
  update auth.invitations set revoked_at = now()
   where organization_key = old.organization_key and invited_by = old.user_key
     and accepted_at is null and revoked_at is null;
  return null;
end $$;
create trigger end_membership after delete on auth.members for each row execute function auth.end_membership();

revoke execute on all functions in schema auth from public;
