/**
 * Who is behind what is written: told to the database in each transaction, where triggers write it into the audit log.
 */
import type { OrganizationApi } from "@openseer/core"
import { Context, Effect } from "effect"
import type { SqlClient } from "./Pool.ts"

/**
 * Who is acting. Edges provide it: HTTP from the principal of a request, commands as `operator`. A name that is absent is
 * looked up by the audit log, for users and API keys.
 */
export const Actor = Context.Reference<OrganizationApi.Actor>("@openseer/server/Actor", {
  defaultValue: () => ({ kind: "system" })
})

/** Tells the rest of the transaction who is acting. */
export const tell = (sql: SqlClient) =>
  Effect.flatMap(
    Actor,
    ({ address, id, kind, name }) => sql`
      select set_config('openseer.actor_kind', ${kind}, true), set_config('openseer.actor_id', ${id ?? ""}, true),
             set_config('openseer.actor_name', ${name ?? ""}, true),
             set_config('openseer.actor_address', ${address ?? ""}, true)`
  )
