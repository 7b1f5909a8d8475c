-- People: who they are, where they are signed in, and which organizations they are in. Every token and recovery code is
-- stored as SHA-256 only; passwords as argon2id; secrets of second factors sealed with the instance's key ring.

create table auth.users (
  user_key          int generated always as identity primary key,
  user_id           text not null unique,
  email             text not null,
  name              text not null,
  -- A PHC string; null: signs in with the identity provider alone.
  password_hash     text,
  -- Sealed. It holds once it is confirmed.
  totp_secret       text,
  totp_confirmed_at timestamptz,
  -- The step of the last code that was taken: none is taken twice (RFC 6238, 5.2).
  totp_step         bigint not null default 0,
  created_at        timestamptz not null default now()
);
create unique index users_email on auth.users (lower(email));

create table auth.identities (
  issuer     text not null,
  subject    text not null,
  user_key   int not null references auth.users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create index identities_user on auth.identities (user_key);

create table auth.recovery_codes (
  user_key  int not null references auth.users on delete cascade,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  used_at   timestamptz,
  primary key (user_key, code_hash)
);

create table auth.members (
  organization_key int not null references auth.organizations on delete cascade,
  user_key         int not null references auth.users on delete cascade,
  role             text not null check (role in ('viewer', 'editor', 'admin', 'owner')),
  joined_at        timestamptz not null default now(),
  primary key (organization_key, user_key)
);
create index members_user on auth.members (user_key);

-- One row a browser that is signed in. session_id names it in lists and lets nobody in.
create table auth.sessions (
  session_hash     bytea primary key check (octet_length(session_hash) = 32),
  session_id       text not null unique,
  user_key         int not null references auth.users on delete cascade,
  organization_key int references auth.organizations on delete set null,
  created_at       timestamptz not null default now(),
  seen_at          timestamptz not null default now(),
  expires_at       timestamptz not null,
  user_agent       text,
  address          text
);
create index sessions_user on auth.sessions (user_key);
create index sessions_expires on auth.sessions (expires_at);

-- A right password that waits for its second factor.
create table auth.pending_sign_ins (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  user_key   int not null references auth.users on delete cascade,
  failures   int not null default 0,
  expires_at timestamptz not null
);
create index pending_sign_ins_expires on auth.pending_sign_ins (expires_at);

create table auth.invitations (
  invitation_id    text primary key,
  organization_key int not null references auth.organizations on delete cascade,
  role             text not null check (role in ('viewer', 'editor', 'admin', 'owner')),
  -- Only this address may accept it; null: whoever holds the link.
  email            text,
  token_hash       bytea not null unique,
  invited_by       int references auth.users on delete set null,
  created_at       timestamptz not null default now(),
  expires_at       timestamptz not null,
  accepted_at      timestamptz,
  accepted_by      int references auth.users on delete set null,
  revoked_at       timestamptz
);
create index invitations_organization on auth.invitations (organization_key);

-- Whoever can read the console of an unclaimed instance claims it. Each replica that starts prints a link of its own.
create table auth.setup_links (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);

-- Browsers in which somebody signed in before: what others do in their name does not lock them out there.
create table auth.known_devices (
  device_hash bytea not null check (octet_length(device_hash) = 32),
  user_key    int not null references auth.users on delete cascade,
  seen_at     timestamptz not null default now(),
  primary key (device_hash, user_key)
);
create index known_devices_user on auth.known_devices (user_key);
create index known_devices_seen on auth.known_devices (seen_at);

-- Failed attempts by minute, of an account or from an address. Lost after a crash, which harms nobody.
create unlogged table auth.attempts (
  subject  text not null,
  minute   timestamptz not null,
  failures int not null,
  primary key (subject, minute)
);
create index attempts_minute on auth.attempts (minute);

alter table auth.users enable row level security;
alter table auth.members enable row level security;
alter table auth.invitations enable row level security;
alter table auth.sessions enable row level security;

create policy own on auth.members to openseer_request using (organization_key = app.current_organization());
create policy own on auth.invitations to openseer_request using (organization_key = app.current_organization());
create policy members on auth.users for select to openseer_request
  using (exists (select from auth.members m where m.user_key = users.user_key));
create policy members on auth.sessions for select to openseer_request
  using (exists (select from auth.members m where m.user_key = sessions.user_key));

grant select (user_key, user_id, email, name, totp_confirmed_at, created_at) on auth.users to openseer_request;
grant select (user_key, organization_key, seen_at) on auth.sessions to openseer_request;
grant select, update (role), delete on auth.members to openseer_request;
grant select, insert, update (revoked_at) on auth.invitations to openseer_request;
grant update (name) on auth.organizations to openseer_request;
