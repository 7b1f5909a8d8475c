/**
 * The rows of a list of thousands: those that were on the screen once, read a page at a time as somebody scrolls to them.
 */
import type { MonitorRows, MonitorRowsNow } from "@openseer/core/contract/ViewsApi"
import { batch, createComputed, createSignal, on, onCleanup } from "solid-js"
import { createStore, reconcile, unwrap } from "solid-js/store"
import { problemOf } from "~/api/ApiProblem.ts"
import { fetchRows, fetchRowsNow } from "~/api/Rows.ts"
import { spread } from "~/live/Spread.ts"
import { type Filter, rowsNowQuery, rowsQuery } from "~/monitors/Filter.ts"
import { hasPast, type ListedMonitor, withPast } from "~/monitors/ListedMonitor.ts"

/** Rows of one page of the API: more than a screen, and as many as the page comes with, so that these need no second reading. */
export const pageRows = 50

/** How long somebody must have stopped for rows to be asked for: a jump to the end asks for the end alone. */
const settleMs = 60

/** Within about this time the past of rows is read that have come to the screen. */
const pastMs = 2_000

/** What is known anew of a monitor; undefined takes a member away. */
export type RowPatch = { readonly [Member in keyof ListedMonitor]?: ListedMonitor[Member] | undefined }

/** The rows that are known by their place in the list. */
export interface RowStore {
  readonly total: () => number
  readonly at: (index: number) => ListedMonitor | undefined
  readonly indexOf: (id: string) => number | undefined
  /** What went wrong when rows were asked for last. */
  readonly problem: () => string | undefined
  /** Says which rows are on the screen, so that they are read when they are not known. */
  readonly show: (from: number, to: number) => void
  /** Reads anew what is on the screen; what is not is read anew when it comes there. */
  readonly refresh: () => Promise<void>
  /** Reads anew which monitors are on the screen and how they are; after that, the past of those that were not there. */
  readonly refreshStates: () => Promise<void>
  /** Changes what is known of a monitor, where it stands. */
  readonly patch: (id: string, change: RowPatch) => void
}

/** Begins with the rows that the page came with. Another filter or order begins anew. */
export const createRowStore = (first: () => MonitorRows, filter: () => Filter): RowStore => {
  const [rows, setRows] = createStore<Record<number, ListedMonitor>>({})
  const [total, setTotal] = createSignal(0)
  const [problem, setProblem] = createSignal<string>()
  const places = new Map<string, number>()
  const pending = new Map<number, AbortController>()
  let fresh = new Set<number>()
  let shown = { from: 0, to: 0 }
  let filterOfRows = ""
  let settling: ReturnType<typeof setTimeout> | undefined
  let readingPast: ReturnType<typeof setTimeout> | undefined

  const put = (page: MonitorRows | MonitorRowsNow) =>
    batch(() => {
      setTotal(page.total)
      const known = unwrap(rows)
      const items = page.items.map((row) => withPast(row, known[places.get(row.id) ?? Number.NaN]))
      for (const [i, row] of items.entries()) {
        const index = page.offset + i
        const before = rows[index]
        if (before !== undefined && places.get(before.id) === index) places.delete(before.id)
        places.set(row.id, index)
        // Never a plain value: that would be merged into the monitor that stood there before.
        setRows(index, reconcile(row))
      }
    })

  const isKnown = (page: MonitorRows | MonitorRowsNow) =>
    page.items.every((_, i) => hasPast(unwrap(rows)[page.offset + i]!))

  const fetchWithPast = (offset: number, signal: AbortSignal): Promise<MonitorRows | MonitorRowsNow> =>
    fetchRows(rowsQuery(filter(), offset, pageRows), signal)

  const fetchNow = (offset: number, signal: AbortSignal): Promise<MonitorRows | MonitorRowsNow> => {
    const query = rowsNowQuery(filter(), offset, pageRows)
    return query ? fetchRowsNow(query, signal) : fetchWithPast(offset, signal)
  }

  const forgetAll = () => {
    for (const controller of pending.values()) controller.abort()
    pending.clear()
    places.clear()
    fresh = new Set()
    setRows(reconcile({}))
  }

  // Before the first rendering as well: the server draws these rows.
  createComputed(
    on(first, (page) => {
      const next = JSON.stringify(filter())
      batch(() => {
        if (next !== filterOfRows) forgetAll()
        filterOfRows = next
        put(page)
        // Another reading of the same list tells that something changed: the rest is old now.
        fresh = new Set(page.items.length >= Math.min(pageRows, page.total) ? [Math.floor(page.offset / pageRows)] : [])
      })
    })
  )

  const load = async (page: number, fetchPage = fetchWithPast): Promise<void> => {
    const controller = new AbortController()
    // What was asked before this would tell of how things were.
    pending.get(page)?.abort()
    pending.set(page, controller)
    const asked = filterOfRows
    try {
      const found = await fetchPage(page * pageRows, controller.signal)
      if (asked !== filterOfRows) return
      put(found)
      if (isKnown(found)) fresh.add(page)
      else readingPast ??= setTimeout(loadShown, spread(pastMs))
      setProblem(undefined)
    } catch (error) {
      if (!controller.signal.aborted) setProblem(problemOf(error).title)
    } finally {
      if (pending.get(page) === controller) pending.delete(page)
    }
  }

  const pagesShown = (): ReadonlyArray<number> => {
    const last = Math.min(shown.to, total()) - 1
    if (last < shown.from) return []
    const from = Math.floor(shown.from / pageRows)
    return Array.from({ length: Math.floor(last / pageRows) - from + 1 }, (_, i) => from + i)
  }

  const refreshShown = async (fetchPage: typeof fetchWithPast) => {
    fresh = new Set()
    await Promise.all(pagesShown().map((page) => load(page, fetchPage)))
  }

  const loadShown = () => {
    settling = undefined
    clearTimeout(readingPast)
    readingPast = undefined
    const wanted = pagesShown()
    for (const [page, controller] of pending) {
      if (wanted.includes(page)) continue
      controller.abort()
      pending.delete(page)
    }
    for (const page of wanted) if (!fresh.has(page) && !pending.has(page)) void load(page)
  }

  onCleanup(() => {
    clearTimeout(settling)
    clearTimeout(readingPast)
    for (const controller of pending.values()) controller.abort()
  })

  return {
    total,
    at: (index) => rows[index],
    indexOf: (id) => places.get(id),
    problem,
    show: (from, to) => {
      const before = pagesShown().join()
      shown = { from, to }
      const pages = pagesShown()
      if (pages.every((page) => fresh.has(page))) return
      // More rows of the same pages are no reason to wait anew.
      if (settling !== undefined && pages.join() === before) return
      clearTimeout(settling)
      settling = setTimeout(loadShown, settleMs)
    },
    refresh: () => refreshShown(fetchWithPast),
    refreshStates: () => refreshShown(fetchNow),
    patch: (id, change) => {
      const index = places.get(id)
      if (index !== undefined) setRows(index, change as Partial<ListedMonitor>)
    }
  }
}
