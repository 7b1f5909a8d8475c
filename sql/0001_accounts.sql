-- Who there is: organizations, their keys, regions and workers.
-- Tokens are stored as SHA-256 only: all carry at least 178 random bits, so a slow hash would add nothing.

create schema auth;
create schema if not exists app;
create schema ts;

create table auth.organizations (
  organization_key int generated always as identity primary key,
  organization_id  text not null unique,
  name             text not null,
  monitors_max     int not null default 10000 check (monitors_max >= 0),
  created_at       timestamptz not null default now()
);

-- One row, ever: the first claim of the instance wins, whoever races for it.
create table auth.instance (
  one              boolean primary key default true check (one),
  organization_key int not null references auth.organizations,
  claimed_at       timestamptz not null default now()
);

create table auth.api_keys (
  api_key_id       text primary key,
  organization_key int not null references auth.organizations on delete cascade,
  name             text not null,
  token_hash       bytea not null unique,
  token_display    text not null,
  scopes           text[] not null check (scopes <@ array['read', 'write', 'admin'] and cardinality(scopes) > 0),
  created_at       timestamptz not null default now(),
  expires_at       timestamptz,
  last_used_at     timestamptz,
  revoked_at       timestamptz
);
create index api_keys_organization on auth.api_keys (organization_key);

-- Without an organization a region is the instance's: any organization may use it, only instance workers serve it.
create table app.regions (
  region_key       smallint generated always as identity primary key,
  organization_key int references auth.organizations on delete cascade,
  name             text not null,
  created_at       timestamptz not null default now(),
  unique nulls not distinct (organization_key, name)
);
create index regions_name on app.regions (name);

create table auth.enrollment_tokens (
  enrollment_token_id text primary key,
  organization_key    int not null references auth.organizations on delete cascade,
  region_key          smallint not null references app.regions,
  token_hash          bytea not null unique,
  token_display       text not null,
  uses_left           int check (uses_left >= 0),
  created_at          timestamptz not null default now(),
  expires_at          timestamptz not null,
  revoked_at          timestamptz
);
create index enrollment_tokens_organization on auth.enrollment_tokens (organization_key);

create table app.workers (
  worker_key       int generated always as identity primary key,
  worker_id        text not null unique,
  organization_key int references auth.organizations on delete cascade,
  region_key       smallint not null references app.regions,
  name             text not null,
  token_hash       bytea not null unique,
  enrolled_at      timestamptz not null default now(),
  revoked_at       timestamptz
);
create index workers_region on app.workers (region_key);

-- Written by heartbeats, apart from the identity that accounts own.
create table app.worker_health (
  worker_key  int primary key references app.workers on delete cascade,
  version     text not null,
  check_types jsonb not null,
  health      jsonb not null,
  seen_at     timestamptz not null
) with (fillfactor = 70);
