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
import { hasPast, type ListedMonitor, pastOf, withPast } from "~/monitors/ListedMonitor.ts"

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
  /** Reads anew what is known of the monitors on the screen, and leaves each where it stands. */
  readonly refreshInPlace: () => Promise<void>
  /** Reads anew which monitors are on the screen and how they are; after that, the past of those that were not there. */
  readonly refreshStates: () => Promise<void>
  /** Changes what is known of a monitor, where it stands. */
  readonly patch: (id: string, change: RowPatch) => void
}

/** With the past of rows, or how they are alone. */
type Extent = "rows" | "states"

/** A page that is being read. */
interface Reading {
  readonly page: number
  readonly controller: AbortController
}

/** Begins with the rows that the page came with. Another filter or order begins anew. */
export const createRowStore = (first: () => MonitorRows, filter: () => Filter): RowStore => {
  const [rows, setRows] = createStore<Record<number, ListedMonitor>>({})
  const [total, setTotal] = createSignal(0)
  const [problem, setProblem] = createSignal<string>()
  const places = new Map<string, number>()
  const pending = new Map<string, Reading>()
  /** Which reading of a page was put last: an older one tells how things were. */
  const putLast = new Map<number, number>()
  let readings = 0
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
        // A plain value would keep what another monitor had there and this one has not, like a reason.
        setRows(index, reconcile(row))
      }
    })

  const putInPlace = ({ items }: MonitorRows | MonitorRowsNow) =>
    batch(() => {
      for (const row of items) {
        const index = places.get(row.id)
        if (index !== undefined) setRows(index, reconcile(withPast(row, unwrap(rows)[index])))
      }
    })

  /** Of rows that were read before others were put, only what was is still true. */
  const putPast = ({ items }: MonitorRows | MonitorRowsNow) =>
    batch(() => {
      for (const row of items) {
        const index = places.get(row.id)
        const now = index === undefined ? undefined : unwrap(rows)[index]
        if (index === undefined || now === undefined || !hasPast(row)) continue
        setRows(index, reconcile({ ...now, ...pastOf(row) }))
      }
    })

  const isKnown = (page: number) => {
    const to = Math.min((page + 1) * pageRows, total())
    for (let index = page * pageRows; index < to; index++) {
      const row = unwrap(rows)[index]
      if (row === undefined || !hasPast(row)) return false
    }
    return true
  }

  const abort = (which: (page: number) => boolean) => {
    for (const [key, { controller, page }] of pending) {
      if (!which(page)) continue
      controller.abort()
      pending.delete(key)
    }
  }

  const forgetAll = () => {
    abort(() => true)
    places.clear()
    putLast.clear()
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

  const fetchPage = (page: number, extent: Extent, signal: AbortSignal): Promise<MonitorRows | MonitorRowsNow> => {
    const now = extent === "states" ? rowsNowQuery(filter(), page * pageRows, pageRows) : undefined
    return now ? fetchRowsNow(now, signal) : fetchRows(rowsQuery(filter(), page * pageRows, pageRows), signal)
  }

  const load = async (page: number, extent: Extent, isInPlace = false): Promise<void> => {
    const controller = new AbortController()
    const key = `${extent} ${page}`
    // States that are read don't end a reading of the past, or on a busy day it would never come to its end.
    pending.get(key)?.controller.abort()
    pending.set(key, { page, controller })
    const asked = filterOfRows
    const reading = ++readings
    try {
      const found = await fetchPage(page, extent, controller.signal)
      if (asked !== filterOfRows) return
      if (isInPlace) putInPlace(found)
      else if (reading < (putLast.get(page) ?? 0)) putPast(found)
      else {
        put(found)
        putLast.set(page, reading)
      }
      if (isKnown(page)) fresh.add(page)
      else if (extent === "rows" || !pending.has(`rows ${page}`)) readingPast ??= setTimeout(loadShown, spread(pastMs))
      setProblem(undefined)
    } catch (error) {
      if (!controller.signal.aborted) setProblem(problemOf(error).title)
    } finally {
      if (pending.get(key)?.controller === controller) pending.delete(key)
    }
  }

  const pagesShown = (): ReadonlyArray<number> => {
    const last = Math.min(shown.to, total()) - 1
    if (last < shown.from) return []
    const from = Math.floor(shown.from / pageRows)
    return Array.from({ length: Math.floor(last / pageRows) - from + 1 }, (_, i) => from + i)
  }

  const refreshShown = async (extent: Extent, isInPlace = false) => {
    fresh = new Set()
    await Promise.all(pagesShown().map((page) => load(page, extent, isInPlace)))
  }

  const loadShown = () => {
    settling = undefined
    clearTimeout(readingPast)
    readingPast = undefined
    const wanted = pagesShown()
    abort((page) => !wanted.includes(page))
    for (const page of wanted) if (!fresh.has(page) && !pending.has(`rows ${page}`)) void load(page, "rows")
  }

  onCleanup(() => {
    clearTimeout(settling)
    clearTimeout(readingPast)
    abort(() => true)
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
    refresh: () => refreshShown("rows"),
    refreshInPlace: () => refreshShown("rows", true),
    refreshStates: () => refreshShown("states"),
    patch: (id, change) => {
      const index = places.get(id)
      if (index !== undefined) setRows(index, change as Partial<ListedMonitor>)
    }
  }
}
