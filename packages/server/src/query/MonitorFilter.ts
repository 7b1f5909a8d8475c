/**
 * QUERY: which monitors the filters of a list leave: rows, tags and the wall have the same.
 */
import type { ViewsApi } from "@openseer/core"
import type { Fragment } from "effect/sql/Statement"
import type { Pool } from "../db/Pool.ts"
import * as MonitorSearch from "./MonitorSearch.ts"

/** Whether `m`, a monitor of `judgedMonitors`, is left: all filters hold. */
export const leaves = (sql: Pool["sql"], { kind, q, region, state, tag, untagged }: ViewsApi.MonitorFilter): Fragment =>
  sql.and([
    sql`true`,
    ...(kind === undefined ? [] : [sql`m.check_kind = ${kind}`]),
    ...(q === undefined ? [] : [MonitorSearch.matches(sql, q)]),
    ...(region === undefined
      ? []
      : [sql`exists (select from app.regions g where g.name = ${region} and g.region_key = any (m.region_keys))`]),
    ...(state === undefined ? [] : [sql`m.state = ${state}`]),
    ...(tag === undefined ? [] : [sql`${tag}::text = any (m.tags)`]),
    ...(untagged === undefined ? [] : [sql`m.tags = '{}'`])
  ])
