/**
 * Keeps the rows on the screen as things are: what an event tells is shown at once, the rest is read and patched where it
 * stands, and all is read anew every minute.
 */
import { createSignal, onCleanup, onMount } from "solid-js"
import { createStore } from "solid-js/store"
import type { Monitor } from "@openseer/core"
import type { StateChange } from "@openseer/core/contract/EventsApi"
import { request, segment } from "~/api/Request.ts"
import { type State, stateWord } from "~/components/State.ts"
import { onLive } from "~/live/Live.tsx"
import { spread } from "~/live/Spread.ts"
import { counted } from "~/charts/Quantity.ts"
import { readingOf } from "~/monitors/Reading.ts"
import { rowStateOf } from "~/monitors/RowState.ts"
import type { RowStore } from "~/monitors/RowStore.ts"

/** Sparklines and uptime move on by themselves. */
const refreshMs = 60_000

/** Changes that come within about this time are one. */
const gatherMs = 250

const flashMs = 1_500

/** Screen readers are told of what came within this time together. */
const speakMs = 2_000
const namedMax = 3

/** How soon rows are put in order that stayed where they were while somebody used them. */
const orderMs = 1_000

/** How the table stands. */
export interface TableUse {
  readonly element: () => HTMLElement
  /** Whether somebody is at it: no row moves away from below a pointer, the focus, or a choice of several. */
  readonly isInUse: () => boolean
  /** Whether another state of a monitor may give it another place, or one at all. */
  readonly isOrderedByState: () => boolean
}

/** Lives as long as the table. */
export const liveRows = (store: RowStore, { element, isInUse, isOrderedByState }: TableUse) => {
  const [flashing, setFlashing] = createStore<Record<string, true | undefined>>({})
  const [summary, setSummary] = createSignal("")
  const changed = new Set<string>()
  const spoken = new Map<string, string>()
  let listChanged = false
  // Rows that stayed where they were are put in order when nobody is at them.
  let isOrderOwed = false
  let gathering: ReturnType<typeof setTimeout> | undefined
  let speaking: ReturnType<typeof setTimeout> | undefined
  const flashes = new Set<ReturnType<typeof setTimeout>>()

  const flash = (ids: ReadonlyArray<string>) => {
    setFlashing(Object.fromEntries(ids.map((id) => [id, true as const])))
    const timer = setTimeout(() => {
      flashes.delete(timer)
      setFlashing(Object.fromEntries(ids.map((id) => [id, undefined])))
    }, flashMs)
    flashes.add(timer)
  }
  const speak = () => {
    speaking ??= setTimeout(() => {
      speaking = undefined
      const named = [...spoken.values()]
      spoken.clear()
      const more = named.length - namedMax
      setSummary(named.slice(0, namedMax).join(", ") + (more > 0 ? `, and ${counted(more, "other change")}` : ""))
    }, speakMs)
  }
  const tell = (id: string, name: string, state: State) => {
    spoken.set(id, `${name} is ${stateWord[state].toLowerCase()}`)
    speak()
  }
  const readOne = async (id: string) => {
    const monitor = await request<Monitor.Monitor>(`/monitors/${segment(id)}`).catch(() => undefined)
    const before = row(id)
    if (monitor === undefined || before === undefined) return
    const { name, regions, state, tags, version } = monitor
    const isWrong = state === "down" || state === "degraded" || state === "unknown"
    const cause = regions.find((region) => region.state === state) ?? regions.find((region) => region.state !== "up")
    const isNews = before.state !== state
    store.patch(id, {
      name,
      tags,
      version,
      state,
      since: isNews ? (monitor.changedAt ?? before.since) : before.since,
      reason: isWrong ? cause?.reason : undefined,
      message: isWrong ? cause?.message : undefined,
      regionsUp: regions.filter((region) => region.state === "up").length,
      regionsTotal: regions.length
    })
    if (!isNews) return
    flash([id])
    tell(id, name, state)
  }
  const row = (id: string) => {
    const index = store.indexOf(id)
    return index === undefined ? undefined : store.at(index)
  }
  const hear = (change: StateChange) => {
    const before = row(change.monitorId)
    const now = before && rowStateOf(before, change)
    if (before === undefined || now === undefined || before.state === change.state) return
    store.patch(before.id, now)
    flash([before.id])
    tell(before.id, before.name, change.state)
  }
  const isOnScreen = (id: string) => {
    const index = store.indexOf(id)
    return index !== undefined && element().querySelector(`[data-row="${index}"]`) !== null
  }
  const apply = async () => {
    const ids = [...changed].filter(isOnScreen)
    const isStill = isInUse()
    const reading = readingOf({
      onScreen: ids.length,
      elsewhere: changed.size - ids.length,
      isListChanged: listChanged && !isStill,
      maySort: isOrderedByState() && !isStill
    })
    isOrderOwed ||= isStill && (listChanged || isOrderedByState())
    changed.clear()
    listChanged = false
    if (reading === "monitors") {
      await Promise.all(ids.map(readOne))
      return
    }
    const before = new Map(ids.map((id) => [id, row(id)?.state]))
    await (isStill ? store.refreshInPlace() : store.refreshStates())
    const news = ids.filter((id) => row(id) !== undefined && row(id)!.state !== before.get(id))
    flash(news)
    for (const id of news) tell(id, row(id)!.name, row(id)!.state)
  }

  // What comes while rows are read is read after that: a slow server is not asked for the same thing twice at once.
  const gather = () => {
    if (changed.size === 0 && !listChanged) return
    gathering ??= setTimeout(async () => {
      await apply()
      gathering = undefined
      gather()
    }, spread(gatherMs))
  }

  onLive((events) => {
    for (const { data, event } of events) {
      if (event === "state") {
        hear(data)
        changed.add(data.monitorId)
      } else if (event === "monitor") {
        if (store.indexOf(data.monitorId) === undefined || data.change === "removed") listChanged = true
        changed.add(data.monitorId)
      }
    }
    gather()
  })
  onMount(() => {
    const refreshing = setInterval(() => {
      if (document.hidden) return
      isOrderOwed ||= isInUse()
      void (isInUse() ? store.refreshInPlace() : store.refresh())
    }, refreshMs)
    const ordering = setInterval(() => {
      if (!isOrderOwed || isInUse() || document.hidden) return
      isOrderOwed = false
      void store.refreshStates()
    }, orderMs)
    onCleanup(() => {
      clearInterval(refreshing)
      clearInterval(ordering)
      clearTimeout(gathering)
      clearTimeout(speaking)
      for (const flashTimer of flashes) clearTimeout(flashTimer)
    })
  })
  return { isFlashing: (id: string) => flashing[id] === true, summary }
}
