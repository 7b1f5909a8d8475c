/**
 * Monitors as the list shows them: rows, tags, the wall, and what is done to many at once.
 */
import type { Draft, DraftRuns } from "@openseer/core/contract/ChecksApi"
import type { BulkAnswer, BulkChange } from "@openseer/core/contract/MonitorsApi"
import type {
  MonitorFilter,
  MonitorRows,
  MonitorRowsNow,
  RowsNowQuery,
  RowsQuery,
  TagList,
  Wall
} from "@openseer/core/contract/ViewsApi"
import { read, request } from "~/api/Request.ts"

/** A page of rows, asked without the router's memory: for what is read while somebody scrolls. */
export const fetchRows = (query: RowsQuery, signal?: AbortSignal) =>
  request<MonitorRows>("/overview/monitors", { query, ...(signal ? { signal } : {}) })

/** A page of rows as they are, without their past. */
export const fetchRowsNow = (query: RowsNowQuery, signal?: AbortSignal) =>
  request<MonitorRowsNow>("/overview/monitors/now", { query, ...(signal ? { signal } : {}) })

/** A page of rows. */
export const getRows = read("rows", (query: RowsQuery) => fetchRows(query))

/** Each tag in use, with how many of its monitors are how; with filters, of those that they leave. */
export const getTags = read("tags", (query: MonitorFilter) => request<TagList>("/overview/tags", { query }))

/** All monitors with their states; with filters, those that they leave. */
export const getWall = read("wall", (query: MonitorFilter) => request<Wall>("/overview/wall", { query }))

/** Changes up to 500 monitors. */
export const changeMonitors = (ids: ReadonlyArray<string>, change: BulkChange) =>
  request<BulkAnswer>("/monitors/bulk", { method: "POST", body: { ids, change } })

/** Checks once what is saved nowhere. */
export const runDraft = (draft: Partial<Draft> & Pick<Draft, "spec">, signal: AbortSignal) =>
  request<DraftRuns>("/checks", { method: "POST", body: draft, signal })
