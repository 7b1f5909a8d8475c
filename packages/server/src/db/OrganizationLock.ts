/**
 * What makes "as many as allowed" exact: whoever adds to an organization counts and inserts under this lock.
 */
import type { Pool } from "./Pool.ts"

/**
 * Locks the growth of one organization until the transaction ends. The request role may not update organizations, so
 * this is a transaction lock on their key and not a row lock; those who only read or change things never wait for it.
 */
export const lockGrowth = (sql: Pool["sql"], organizationKey: number) =>
  sql`select pg_advisory_xact_lock(7405, ${organizationKey})`
