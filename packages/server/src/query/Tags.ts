/**
 * QUERY: the tags in use, and how the monitors that have them are.
 */
import { ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import { judgedMonitors } from "./JudgedMonitors.ts"

const decode = Schema.decodeUnknownEffect(Schema.Array(ViewsApi.TagStates))

/** The tags of the organization's monitors: see `ViewsApi.TagList`. Fails with `DatabaseBusy`. */
export const tags = Effect.fn("Tags.tags")(function* (organizationKey: number) {
  const database = yield* Database
  const { sql } = database.api
  const rows = yield* database.asOrganization(
    organizationKey,
    sql`
    select tag, (count(*) filter (where state = 'up'))::int as up, (count(*) filter (where state = 'degraded'))::int as degraded,
           (count(*) filter (where state = 'down'))::int as down, (count(*) filter (where state = 'unknown'))::int as unknown,
           (count(*) filter (where state = 'paused'))::int as paused
      from (${judgedMonitors(sql)}) m cross join unnest(m.tags) as tag group by tag order by tag`
  )
  return { items: yield* Effect.orDie(decode(rows)) } satisfies ViewsApi.TagList
})
