/**
 * The window of time that a monitor's page shows, in its address: `?range=7d` up to now, or `?from=…&to=…` once somebody
 * has zoomed or chosen a day. `?region=` narrows it to one region; `?view=tables` shows charts as tables.
 */
import { useLocation, useNavigate, useSearchParams } from "@solidjs/router"
import { createContext, createMemo, createSignal, type JSX, useContext } from "solid-js"
import { useRange } from "~/components/RangePicker.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import { startOf, tidy, type Zoom, zoomOf } from "~/monitor/Zoom.ts"

interface Window {
  /** What the API is asked for. */
  readonly query: () => { readonly from?: string; readonly to?: string; readonly region?: string }
  readonly fromMs: () => number
  readonly toMs: () => number
  readonly region: () => string | undefined
  readonly zoom: () => Zoom | undefined
  /** "last 24 hours", or undefined when zoomed: then say from and to. */
  readonly words: () => string | undefined
  /** Charts are tables, and the page comes with what stands in them: it needs no JavaScript then. */
  readonly isTables: () => boolean
  /** The address of the same page with other parameters; undefined takes one out. */
  readonly href: (change: Readonly<Record<string, string | undefined>>) => string
  readonly zoomTo: (fromMs: number, toMs: number) => void
  readonly reset: () => void
  /** The window ends at the present again. */
  readonly advance: () => void
  /** The instant that the pointer is over in any chart. */
  readonly hover: () => number | undefined
  readonly setHover: (at: number | undefined) => void
}

const WindowContext = createContext<Window>()

const minuteMs = 60_000

/** Whether two questions are the same one. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Around the charts of one monitor. */
export function WindowProvider(props: { children: JSX.Element }) {
  const monitor = useMonitor()
  const [search] = useSearchParams<{ from?: string; to?: string; region?: string; view?: string }>()
  const range = useRange()
  const location = useLocation()
  const navigate = useNavigate()
  const [now, setNow] = createSignal(Date.now())
  const [hover, setHover] = createSignal<number>()
  const zoom = () => zoomOf(search.from, search.to)
  const region = () => search.region || undefined
  const start = createMemo(() => startOf(range.range(), now(), Date.parse(monitor().createdAt)))
  const fromMs = () => zoom()?.fromMs ?? start().fromMs
  const toMs = () => zoom()?.toMs ?? Math.ceil(now() / minuteMs) * minuteMs
  const href: Window["href"] = (change) => {
    const parameters = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) parameters.delete(name)
      else parameters.set(name, value)
    }
    return `${location.pathname}${parameters.size === 0 ? "" : `?${parameters}`}`
  }
  const go = (change: Readonly<Record<string, string | undefined>>) => navigate(href(change), { scroll: false })
  const value: Window = {
    query: () => {
      const zoomed = zoom()
      const asked = region()
      return {
        from: new Date(fromMs()).toISOString(),
        ...(zoomed ? { to: new Date(zoomed.toMs).toISOString() } : {}),
        ...(asked === undefined ? {} : { region: asked })
      }
    },
    fromMs,
    toMs,
    region,
    zoom,
    words: () => (zoom() ? undefined : start().isCreation ? "since it was created" : range.words()),
    isTables: () => search.view === "tables",
    href,
    zoomTo: (from, to) => {
      const zoomed = tidy({ fromMs: from, toMs: to }, Date.now())
      go({ from: new Date(zoomed.fromMs).toISOString(), to: new Date(zoomed.toMs).toISOString() })
    },
    reset: () => zoom() && go({ from: undefined, to: undefined }),
    advance: () => setNow(Date.now()),
    hover,
    setHover
  }
  return <WindowContext.Provider value={value}>{props.children}</WindowContext.Provider>
}

/** The window around. */
export const useWindow = (): Window => {
  const found = useContext(WindowContext)
  if (found === undefined) throw new Error("useWindow needs a WindowProvider around it")
  return found
}
