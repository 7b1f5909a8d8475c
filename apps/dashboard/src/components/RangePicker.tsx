/**
 * The window of time that a page shows, in its address: `?range=24h`. Links, so that they work without JavaScript.
 */
import { useLocation, useSearchParams } from "@solidjs/router"
import { For } from "solid-js"
import { type Range, ranges, rangeWords } from "~/components/Ranges.ts"

export { type Range, ranges, rangeWords }

/** The window that the address names, and its length in milliseconds. */
export const useRange = (otherwise: Range = "24h") => {
  const [search] = useSearchParams<{ range?: string }>()
  const range = (): Range => (search.range && Object.hasOwn(ranges, search.range) ? (search.range as Range) : otherwise)
  return { range, ms: () => ranges[range()], words: () => rangeWords[range()] }
}

/** A row of links. Plain ones: the router's `A` says itself what is current, and looks at the path alone. Other search parameters stay, but those in `without`; while one of these is there, no range is chosen. */
export function RangePicker(props: { fallback?: Range; only?: ReadonlyArray<Range>; without?: ReadonlyArray<string> }) {
  const location = useLocation()
  const { range } = useRange(props.fallback)
  const isChosen = (name: Range) => {
    const search = new URLSearchParams(location.search)
    return range() === name && !props.without?.some((other) => search.has(other))
  }
  const href = (to: Range) => {
    const search = new URLSearchParams(location.search)
    search.set("range", to)
    for (const name of props.without ?? []) search.delete(name)
    return `${location.pathname}?${search}`
  }
  return (
    <nav aria-label="Window of time" class="inline-flex rounded-md border border-line bg-sunken p-0.5">
      <For each={props.only ?? (Object.keys(ranges) as Array<Range>)}>
        {(name) => (
          <a
            href={href(name)}
            noScroll
            aria-current={isChosen(name) ? "true" : undefined}
            title={rangeWords[name]}
            class="inline-flex min-h-6 min-w-9 items-center justify-center rounded px-2 text-muted hover:text-text aria-[current=true]:bg-surface aria-[current=true]:font-semibold aria-[current=true]:text-text"
          >
            {name}
          </a>
        )}
      </For>
    </nav>
  )
}
