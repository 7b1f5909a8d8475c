/**
 * QUERY: monitors as rows of a table: filtered, sorted, a page of them, and the past of those on the page alone.
 */
import { MonitorState, ViewsApi } from "@openseer/core"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { CheckTypes } from "../CheckTypes.ts"
import { Database } from "../db/Database.ts"
import type { Pool } from "../db/Pool.ts"
import * as SealedSpec from "../secrets/SealedSpec.ts"
import { judgedMonitors } from "./JudgedMonitors.ts"
import * as MonitorFilter from "./MonitorFilter.ts"
import * as RowHistory from "./RowHistory.ts"

/**
 * How many monitors are sorted by their exact uptime or P95: the past of all of them is read. More are sorted by that of
 * the whole days before today: uptime of the strip without today, and P95 of the last whole day, in the slowest region.
 */
export const exactSortMax = 100

const Row = Schema.Struct({
  key: Schema.Int,
  id: Schema.String,
  name: Schema.String,
  kind: Schema.String,
  spec: Schema.Json,
  state: MonitorState.MonitorState,
  since: Schema.NullOr(Schema.Number),
  reason: Schema.NullOr(Schema.String),
  message: Schema.NullOr(Schema.String),
  tags: Schema.Array(Schema.String),
  regionsUp: Schema.Int,
  regionsTotal: Schema.Int,
  intervalMs: Schema.Int,
  version: Schema.Int
})
type Row = typeof Row.Type
const decodePage = Schema.decodeUnknownEffect(
  Schema.NonEmptyArray(Schema.Struct({ at: Schema.Number, total: Schema.Int, monitor: Schema.NullOr(Row) }))
)

/**
 * A page of the monitors of the organization as rows: see `ViewsApi.MonitorRows`. Fails with `DatabaseBusy`.
 */
export const monitorRows = Effect.fn("MonitorRows.monitorRows")(function* (
  organizationKey: number,
  query: ViewsApi.RowsQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, pageOf(query))
})

/**
 * The same page without what was: see `ViewsApi.MonitorRowsNow`. Fails with `DatabaseBusy`.
 */
export const monitorRowsNow = Effect.fn("MonitorRows.monitorRowsNow")(function* (
  organizationKey: number,
  query: ViewsApi.RowsNowQuery
) {
  const database = yield* Database
  const checkTypes = yield* CheckTypes
  const { at, monitors, offset, total } = yield* database.asOrganization(organizationKey, page(query))
  const items = monitors.map((row) => toRow(checkTypes, row))
  return { at: new Date(at).toISOString(), total, offset, items } satisfies ViewsApi.MonitorRowsNow
})

const pageOf = Effect.fnUntraced(function* (query: ViewsApi.RowsQuery) {
  const checkTypes = yield* CheckTypes
  const found = yield* page(query)
  const { limit, offset, order, sort, total } = found
  const isExact = isOfPast(sort) && total <= exactSortMax
  const { at, monitors } = isExact
    ? yield* page({ ...query, sort: "name", order: "asc", limit: exactSortMax, offset: 0 })
    : found
  const histories = yield* RowHistory.rowHistories(monitors.map(({ key }) => key))
  const rows = monitors.map((row) =>
    Object.assign(toRow(checkTypes, row), histories.get(row.key) ?? RowHistory.nothing)
  )
  const items = isExact
    ? rows.toSorted(byPast(sort === "p95" ? "p95Us" : "uptime", order)).slice(offset, offset + limit)
    : rows
  return { at: new Date(at).toISOString(), total, offset, items } satisfies ViewsApi.MonitorRows
})

/** By a value that may not be known, which comes last. Sorting is stable: of equals, names decide. */
const byPast =
  (member: "p95Us" | "uptime", order: ViewsApi.RowOrder) =>
  (a: ViewsApi.MonitorRow, b: ViewsApi.MonitorRow): number => {
    const [x, y] = [a[member], b[member]]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return order === "asc" ? x - y : y - x
  }

/** What the query leaves, and how many there are in all; with what it does not say filled in. */
const page = Effect.fnUntraced(function* (query: ViewsApi.RowsQuery) {
  const { sql } = (yield* Database).api
  const { offset = 0, limit = ViewsApi.rowsLimitDefault, sort = "state" } = query
  const order = query.order ?? ViewsApi.rowOrderDefault[sort]
  // Only keys are sorted; what a row shows is read for those of the page.
  const rows = yield* sql`
    with kept as materialized (
      select m.monitor_key, m.state, m.rank, m.since_at, m.regions_up, m.created_at, lower(m.name) as name
        from (${judgedMonitors(sql)}) m where ${MonitorFilter.leaves(sql, query)}
    ), page as (
      select k.*, row_number() over () as place
        from (select k.* from kept k ${isOfPast(sort) ? daysOf(sql) : sql.literal("")}
               order by ${orders[sort](sql, order)}, k.name, k.monitor_key limit ${limit} offset ${offset}) k
    )
    select (extract(epoch from now()) * 1000)::float8 as at, t.total,
           case when p.monitor_key is not null then jsonb_build_object(
             'key', p.monitor_key, 'id', m.monitor_id, 'name', m.name, 'kind', m.check_kind, 'spec', m.spec, 'state', p.state,
             'since', (extract(epoch from p.since_at) * 1000)::float8, 'reason', w.reason, 'message', w.message,
             'tags', m.tags, 'regionsUp', p.regions_up, 'regionsTotal', cardinality(m.region_keys),
             'intervalMs', m.interval_ms, 'version', m.version) end as monitor
      from (select count(*)::int as total from kept) t
      left join (page p join app.monitors m using (monitor_key)) on true
      left join lateral (
        select s.reason, s.message from app.own_monitor_states s
         where s.monitor_key = p.monitor_key and s.region_key = any (m.region_keys) and s.state in (1, 2)
           and p.state in ('down', 'degraded')
         order by s.since_at = p.since_at desc, s.state desc limit 1) w on true
     order by p.place`
  const found = yield* Effect.orDie(decodePage(rows))
  const monitors = found.flatMap(({ monitor }) => (monitor === null ? [] : [monitor]))
  return { at: found[0].at, total: found[0].total, monitors, offset, limit, sort, order }
})

type Order = (sql: Pool["sql"], order: ViewsApi.RowOrder) => Fragment

const by =
  (column: string): Order =>
  (sql, order) =>
    sql.literal(`${column} ${order} nulls last`)

const orders: Record<ViewsApi.RowSort, Order> = {
  // Ranks begin with the worst.
  state: (sql, order) => sql.literal(`k.rank ${order === "desc" ? "asc" : "desc"}, k.since_at desc nulls last`),
  name: by("k.name"),
  created: by("k.created_at"),
  uptime: by("x.good::float8 / nullif(x.good + x.down, 0)"),
  p95: by("x.p95_us")
}

const isOfPast = (sort: ViewsApi.RowSort): sort is "p95" | "uptime" => sort === "p95" || sort === "uptime"

/** What very many monitors are sorted by. Served by its primary key or one scan. */
const daysOf = (sql: Pool["sql"]) => sql`left join ts.own_results_agg_44d x using (monitor_key)`

const toRow = (
  checkTypes: CheckTypes["Service"],
  { key: _, message, reason, since, spec, ...monitor }: Row
): ViewsApi.MonitorRowNow => ({
  ...monitor,
  target: checkTypes.targetOf(monitor.kind, SealedSpec.masked(spec)),
  ...(since === null ? {} : { since: new Date(since).toISOString() }),
  ...(reason === null ? {} : { reason }),
  ...(message === null ? {} : { message })
})
