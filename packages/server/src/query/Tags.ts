/**
 * QUERY: the tags in use, and how the monitors that have them are.
 */
import { ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import { judgedMonitors } from "./JudgedMonitors.ts"
import * as MonitorFilter from "./MonitorFilter.ts"

const decode = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ ...ViewsApi.TagStates.fields, tag: Schema.NullOr(Schema.String) }))
)
const none = { up: 0, degraded: 0, down: 0, unknown: 0, paused: 0 }

/** The tags of the organization's monitors, of those that the filters leave: see `ViewsApi.TagList`. Fails with `DatabaseBusy`. */
export const tags = Effect.fn("Tags.tags")(function* (organizationKey: number, filter: ViewsApi.MonitorFilter) {
  const database = yield* Database
  const { sql } = database.api
  const rows = yield* database.asOrganization(
    organizationKey,
    sql`
    select tag, (count(*) filter (where state = 'up'))::int as up, (count(*) filter (where state = 'degraded'))::int as degraded,
           (count(*) filter (where state = 'down'))::int as down, (count(*) filter (where state = 'unknown'))::int as unknown,
           (count(*) filter (where state = 'paused'))::int as paused
      from (${judgedMonitors(sql)}) m left join unnest(m.tags) as tag on true
     where ${MonitorFilter.leaves(sql, filter)} group by tag order by tag`
  )
  const found = yield* Effect.orDie(decode(rows))
  const { tag: _, ...untagged } = found.find(({ tag }) => tag === null) ?? { tag: null, ...none }
  const items = found.flatMap(({ tag, ...states }) => (tag === null ? [] : [{ tag, ...states }]))
  return { items, untagged } satisfies ViewsApi.TagList
})
