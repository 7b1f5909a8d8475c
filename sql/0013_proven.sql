-- Whose address it is. The word of an identity provider for an address lets somebody into the account that has it, so
-- whatever else lets in there may go on only where the address was known to be its owner's before.

-- When the address was shown to be the user's: by an identity provider that has verified it, or by whoever operates the
-- machine (setup link, `openseer user password`). An invitation for the address shows nothing: no mail is sent, and
-- whoever makes it sees its link. Null: anybody may have typed it.
alter table auth.users add column email_proven_at timestamptz;

-- The owners of the instance came by its console or by somebody who did, and what they typed is believed. Of everybody
-- else it is not known, also where an identity is linked: the address may be another one since.
update auth.users u set email_proven_at = u.created_at
 where exists (select from auth.instance i join auth.members m using (organization_key)
                where m.user_key = u.user_key and m.role = 'owner');

-- Nobody has shown anything of a new address, whichever version of the server changes it.
create function auth.forget_proof() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.email_proven_at := null;
  return new;
end $$;
create trigger forget_proof before update of email on auth.users
  for each row when (lower(old.email) <> lower(new.email)) execute function auth.forget_proof();

-- Who may come in as somebody, told in every organization that they are in. A new account is in none yet: its first
-- membership tells of it.
create function auth.audit_identity() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform auth.audit(m.organization_key, 'account.identity', 'user', u.user_id, u.name,
                     jsonb_build_object('issuer', coalesce(new.issuer, old.issuer),
                                        'subject', coalesce(new.subject, old.subject), 'linked', tg_op = 'INSERT') ||
                     case when tg_op = 'INSERT'
                          then jsonb_build_object('addressWasProven', u.email_proven_at is not null) else '{}' end)
     from auth.users u join auth.members m using (user_key)
    where u.user_key = coalesce(new.user_key, old.user_key);
  return null;
end $$;
create trigger audit_insert after insert on auth.identities for each row execute function auth.audit_identity();
create trigger audit_delete after delete on auth.identities for each row execute function auth.audit_identity();

-- One entry for all that are made at once; those of a new second factor are told of by its own.
create function auth.audit_recovery_codes() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform auth.audit(m.organization_key, 'account.recovery_codes', 'user', u.user_id, u.name, null)
     from (select distinct user_key from made) c join auth.users u using (user_key) join auth.members m using (user_key)
    where u.totp_confirmed_at is distinct from now();
  return null;
end $$;
create trigger audit_insert after insert on auth.recovery_codes referencing new table as made
  for each statement execute function auth.audit_recovery_codes();

revoke execute on function auth.forget_proof, auth.audit_identity, auth.audit_recovery_codes from public;
