/**
 * What makes "as many as allowed" exact, and "at least one owner": whoever counts does so under one of these locks.
 */
import type { Pool } from "./Pool.ts"

/**
 * Locks the growth of one organization until the transaction ends. The request role may not update organizations, so
 * this is a transaction lock on their key and not a row lock; those who only read or change things never wait for it.
 */
export const lockGrowth = (sql: Pool["sql"], organizationKey: number) =>
  sql`select pg_advisory_xact_lock(7405, ${organizationKey})`

/**
 * Locks who is a member of one organization and as what, until the transaction ends: roles that are read under it hold
 * until then. Also taken where members are added, before {@link lockGrowth}.
 */
export const lockMembers = (sql: Pool["sql"], organizationKey: number) =>
  sql`select pg_advisory_xact_lock(7407, ${organizationKey})`

/** Locks how many organizations one person makes, until the transaction ends. */
export const lockOwned = (sql: Pool["sql"], userKey: number) => sql`select pg_advisory_xact_lock(7408, ${userKey})`
