/**
 * QUERY: monitors with their states alone, as columns: what ten thousand of them take is half a megabyte.
 */
import { MonitorState, ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import { judgedMonitors } from "./JudgedMonitors.ts"
import * as MonitorFilter from "./MonitorFilter.ts"

const decode = Schema.decodeUnknownEffect(
  Schema.Struct({
    at: Schema.Number,
    ids: Schema.Array(Schema.String),
    names: Schema.Array(Schema.String),
    states: Schema.Array(MonitorState.MonitorState)
  })
)

/** The wall of the organization: see `ViewsApi.Wall`. Fails with `DatabaseBusy`. */
export const wall = Effect.fn("Wall.wall")(function* (organizationKey: number, filter: ViewsApi.MonitorFilter) {
  const database = yield* Database
  const { sql } = database.api
  const [row] = yield* database.asOrganization(
    organizationKey,
    sql`
    select (extract(epoch from now()) * 1000)::float8 as at, coalesce(jsonb_agg(monitor_id), '[]') as ids,
           coalesce(jsonb_agg(name), '[]') as names, coalesce(jsonb_agg(state), '[]') as states
      from (select monitor_id, name, state from (${judgedMonitors(sql)}) m
             where ${MonitorFilter.leaves(sql, filter)}
             order by rank, lower(name), monitor_key limit ${ViewsApi.wallMax}) m`
  )
  const { at, ...columns } = yield* Effect.orDie(decode(row))
  return { at: new Date(at).toISOString(), ...columns } satisfies ViewsApi.Wall
})
