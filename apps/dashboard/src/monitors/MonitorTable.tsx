/**
 * The list of monitors as a table of any length: what is not on the screen is not in the document.
 */
import type { MonitorRows } from "@openseer/core/contract/ViewsApi"
import { A, useLocation } from "@solidjs/router"
import ArrowDown from "lucide-solid/icons/arrow-down"
import ArrowUp from "lucide-solid/icons/arrow-up"
import { createEffect, createMemo, createSignal, For, type JSX, on, onCleanup, onMount, Show } from "solid-js"
import { useShortcuts } from "~/components/Shortcuts.tsx"
import { type Filter, hrefWith, type Sort, sortedAs, sortHref } from "~/monitors/Filter.ts"
import { liveRows } from "~/monitors/LiveRows.ts"
import { MonitorRow, MonitorRowPlaceholder } from "~/monitors/MonitorRow.tsx"
import type { RowStore } from "~/monitors/RowStore.ts"
import type { Selection } from "~/monitors/Selection.ts"
import { nextBeyond, visibleRange } from "~/monitors/VisibleRange.ts"

/** How long after a pointer has moved over the list somebody is about to click there. */
const pointerMs = 10_000

/** `selection` is there for whoever may change monitors. */
export function MonitorTable(props: {
  store: RowStore
  first: MonitorRows
  filter: Filter
  selection: Selection | undefined
}) {
  const { store } = props
  const location = useLocation()
  let list!: HTMLDivElement
  let above!: HTMLDivElement
  let below!: HTMLDivElement
  // The server draws what it has read; so does the browser at first, to find the same rows.
  const [range, setRange] = createSignal(
    { from: props.first.offset, to: props.first.offset + props.first.items.length },
    { equals: (a, b) => a.from === b.from && a.to === b.to }
  )
  const indexes = createMemo(() => {
    const { from, to } = range()
    return Array.from({ length: Math.max(0, Math.min(to, store.total()) - from) }, (_, i) => from + i)
  })
  let pointedAt = Number.NEGATIVE_INFINITY
  const { isFlashing, summary } = liveRows(store, {
    element: () => list,
    // A pointer that was left on the list, as on a screen on a wall, is nobody who uses it.
    isInUse: () =>
      performance.now() - pointedAt < pointerMs || list.contains(document.activeElement) || !!props.selection?.count(),
    isOrderedByState: () => (props.filter.sort ?? "state") === "state" || props.filter.state !== undefined
  })
  // Measured when the window changes, and not while scrolling: asking for it then would lay out everything once more.
  let rowHeight = 52
  const measureRow = () => {
    rowHeight = list.querySelector<HTMLElement>("[data-row]")?.offsetHeight || rowHeight
  }
  let beyond = 0
  // Whether there are rows to add in the next frame.
  const measure = () => {
    const viewport = { top: above.getBoundingClientRect().top, height: window.innerHeight, rowHeight }
    const before = beyond
    beyond = nextBeyond(range(), viewport, store.total(), beyond)
    setRange(visibleRange(viewport, store.total(), beyond))
    return beyond !== before
  }
  const focusRow = (index: number) => {
    const to = Math.min(Math.max(0, index), store.total() - 1)
    const top = above.getBoundingClientRect().top + to * rowHeight
    // A row that is far away is not there to be focused: the window goes there first.
    if (top < 120 || top + rowHeight > window.innerHeight - 120) {
      window.scrollBy({ top: top - window.innerHeight / 2, behavior: "instant" })
      measure()
    }
    list.querySelector<HTMLElement>(`[data-row="${to}"] a`)?.focus({ preventScroll: true })
  }
  const focused = () => Number(document.activeElement?.closest<HTMLElement>("[data-row]")?.dataset["row"] ?? Number.NaN)
  const move = (by: number) => {
    const at = focused()
    focusRow(Number.isNaN(at) ? Math.max(0, Math.ceil(-list.getBoundingClientRect().top / rowHeight)) : at + by)
  }
  const select = (index: number, isRange: boolean) => {
    const { selection } = props
    const row = store.at(index)
    if (!selection || !row) return
    const chosen = !selection.has(row.id)
    const from = isRange ? (selection.anchor() ?? index) : index
    const ids = Array.from({ length: Math.abs(index - from) + 1 }, (_, i) => store.at(Math.min(index, from) + i)?.id)
    selection.set(
      ids.filter((id) => id !== undefined),
      chosen
    )
    selection.setAnchor(index)
  }

  onMount(() => {
    let frame = 0
    const schedule = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0
        if (measure()) schedule()
      })
    }
    const place = () => {
      const { from, to } = range()
      above.style.height = `${from * rowHeight}px`
      below.style.height = `${Math.max(0, store.total() - to) * rowHeight}px`
    }
    measureRow()
    createEffect(place)
    // A list that has become shorter or longer has other rows on the screen, and one that begins anew none.
    createEffect(on([range, store.total, () => props.first], ([{ from, to }]) => store.show(from, to)))
    createEffect(() => {
      store.total()
      schedule()
    })
    const resized = () => {
      measureRow()
      place()
      schedule()
    }
    window.addEventListener("scroll", schedule, { passive: true })
    window.addEventListener("resize", resized)
    onCleanup(() => {
      cancelAnimationFrame(frame)
      window.removeEventListener("scroll", schedule)
      window.removeEventListener("resize", resized)
    })
  })
  useShortcuts([
    { keys: ["j"], words: "Next monitor", run: () => move(1) },
    { keys: ["k"], words: "Monitor before", run: () => move(-1) },
    { keys: ["x"], words: "Select the monitor", run: () => select(focused(), false) }
  ])

  return (
    <div class="@container">
      <p role="status" class="sr-only">
        {summary()}
      </p>
      <div
        ref={list}
        role="table"
        aria-label="Monitors"
        aria-rowcount={store.total() + 1}
        class="[overflow-anchor:none]"
        onPointerMove={() => (pointedAt = performance.now())}
      >
        <div
          role="rowgroup"
          class="sticky top-[44px] z-20 hidden rounded-t-panel bg-surface @min-[700px]:block md:top-0"
        >
          <div role="row" aria-rowindex={1} class="monitor-row is-heading">
            <div role="columnheader">
              <span class="sr-only">Selected</span>
            </div>
            <Heading sort="state" filter={props.filter}>
              State
            </Heading>
            <Heading sort="name" filter={props.filter}>
              Monitor
            </Heading>
            <div role="columnheader" class="monitor-widest">
              Last 45 days
            </div>
            <Heading sort="uptime" filter={props.filter} right>
              Uptime, 45 d
            </Heading>
            <div role="columnheader" class="monitor-widest">
              P95 by hour
            </div>
            <Heading sort="p95" filter={props.filter} right>
              P95, 24 h
            </Heading>
            <div role="columnheader" class="text-right">
              Regions
            </div>
          </div>
        </div>
        <div role="rowgroup">
          <div ref={above} aria-hidden="true" />
          <For each={indexes()}>
            {(index) => (
              <Show when={store.at(index)} fallback={<MonitorRowPlaceholder index={index} />}>
                {(row) => (
                  <MonitorRow
                    row={row()}
                    index={index}
                    isFlashing={isFlashing(row().id)}
                    isSelected={props.selection?.has(row().id) ?? false}
                    {...(props.selection ? { select: (event: MouseEvent) => select(index, event.shiftKey) } : {})}
                  />
                )}
              </Show>
            )}
          </For>
          <div ref={below} aria-hidden="true" />
        </div>
      </div>
      <Show when={store.problem()}>
        <p role="alert" class="px-4 py-2 text-down">
          {store.problem()}.{" "}
          <button type="button" class="underline" onClick={() => void store.refresh()}>
            Try again
          </button>
        </p>
      </Show>
      <Show when={props.first.offset + props.first.items.length < props.first.total}>
        <p class="hidden px-4 py-3 noscript:block">
          <A
            class="text-accent underline"
            href={hrefWith(location.search, { from: String(props.first.offset + props.first.items.length) })}
          >
            More of {props.first.total.toLocaleString("en")} monitors
          </A>
        </p>
      </Show>
    </div>
  )
}

function Heading(props: { sort: Sort; filter: Filter; right?: boolean; children: JSX.Element }) {
  const location = useLocation()
  const sorted = () => sortedAs(props.filter, props.sort)
  return (
    <div role="columnheader" aria-sort={sorted()} class={props.right ? "text-right" : ""}>
      <A
        href={sortHref(location.search, props.filter, props.sort)}
        noScroll
        class={`inline-flex min-h-6 items-center gap-1 hover:text-text ${sorted() === "none" ? "" : "font-semibold text-text"}`}
      >
        {props.children}
        <Show when={sorted() === "ascending"}>
          <ArrowUp size={12} aria-hidden="true" />
        </Show>
        <Show when={sorted() === "descending"}>
          <ArrowDown size={12} aria-hidden="true" />
        </Show>
      </A>
    </div>
  )
}
