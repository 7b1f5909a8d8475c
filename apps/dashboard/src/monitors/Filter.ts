/**
 * Which monitors the list shows and how, as its address says it.
 */
import type { MonitorFilter, RowsNowQuery, RowsQuery } from "@openseer/core/contract/ViewsApi"
import { type State, states } from "~/components/State.ts"

/** What rows can be sorted by. */
export type Sort = "state" | "name" | "p95" | "uptime" | "created"

/** Which way each is sorted when it is not said, as the API has it: the worst, slowest and newest first. */
export const orderDefault: Readonly<Record<Sort, "asc" | "desc">> = {
  state: "desc",
  name: "asc",
  p95: "desc",
  uptime: "asc",
  created: "desc"
}

/** The filters alone, and the order of rows. */
export interface Filter {
  readonly state?: State
  readonly tag?: string
  readonly region?: string
  readonly kind?: string
  readonly q?: string
  readonly sort?: Sort
  readonly order?: "asc" | "desc"
}

/** The search parameters of the page. */
export type Search = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

const filterNames = ["state", "tag", "region", "kind", "q"] as const
const queryLengthMax = 120
const tagLengthMax = 64

/** The filter of an address. What the API would refuse is left out. */
export const filterOf = (search: Search): Filter => {
  const text = (name: string, lengthMax: number): string | undefined => {
    const value = search[name]
    const one = typeof value === "string" ? value : value?.[0]
    return one?.trim().slice(0, lengthMax).trim() || undefined
  }
  const matching = (name: string, pattern: RegExp) => {
    const value = text(name, queryLengthMax)
    return value !== undefined && pattern.test(value) ? value : undefined
  }
  const state = states.find((known) => known === text("state", queryLengthMax))
  const sort = text("sort", queryLengthMax)
  const found = {
    state,
    tag: text("tag", tagLengthMax),
    region: matching("region", /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/),
    kind: matching("kind", /^[a-z][a-z0-9-]{0,31}$/),
    q: text("q", queryLengthMax),
    sort: sort !== undefined && Object.hasOwn(orderDefault, sort) ? (sort as Sort) : undefined,
    order: matching("order", /^(asc|desc)$/) as "asc" | "desc" | undefined
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/** Whether any monitor is left out. */
export const isFiltered = (filter: Filter): boolean => filterNames.some((name) => filter[name] !== undefined)

/** The filters without the order, as the API is asked. */
export const withoutOrder = ({ sort: _, order: __, ...filters }: Filter): MonitorFilter => filters

/** Which monitors the groups of tags count: a tag that is filtered by leaves its own group, and all of it. */
export const groupsQuery = ({ tag: _, ...filter }: Filter): MonitorFilter => withoutOrder(filter)

/** What takes all filters away, for {@link hrefWith}. */
export const noFilters: Readonly<Record<string, undefined>> = Object.fromEntries(
  filterNames.map((name) => [name, undefined])
)

/** Some rows of a filter, as the API is asked. */
export const rowsQuery = (filter: Filter, offset: number, limit: number): RowsQuery => ({ ...filter, offset, limit })

/** The same rows without their past; nothing where they are sorted by it. */
export const rowsNowQuery = (
  { sort = "state", ...filter }: Filter,
  offset: number,
  limit: number
): RowsNowQuery | undefined => (sort === "uptime" || sort === "p95" ? undefined : { ...filter, sort, offset, limit })

/** The address of the list with some parameters changed; undefined takes one away. */
export const hrefWith = (search: string, changes: Readonly<Record<string, string | undefined>>): string => {
  const parameters = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") parameters.delete(name)
    else parameters.set(name, value)
  }
  // Where a page without scripts begins holds for one list only.
  if (!("from" in changes)) parameters.delete("from")
  return parameters.size === 0 ? "/" : `/?${parameters}`
}

/** The address that sorts by something: a second time, the other way round. */
export const sortHref = (search: string, filter: Filter, sort: Sort): string => {
  const current = filter.sort ?? "state"
  const order = filter.order ?? orderDefault[current]
  const next = current === sort && order === orderDefault[sort] ? (order === "asc" ? "desc" : "asc") : undefined
  return hrefWith(search, { sort: sort === "state" ? undefined : sort, order: next })
}

/** How a column is sorted, for `aria-sort`. */
export const sortedAs = (filter: Filter, sort: Sort): "ascending" | "descending" | "none" => {
  if ((filter.sort ?? "state") !== sort) return "none"
  return (filter.order ?? orderDefault[sort]) === "asc" ? "ascending" : "descending"
}
