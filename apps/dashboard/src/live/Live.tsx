/**
 * The live stream for pages: who asks is told of events as they come; states are read anew once when it opens, and
 * everything after a gap.
 */
import { revalidate } from "@solidjs/router"
import { createContext, createSignal, type JSX, onCleanup, onMount, useContext } from "solid-js"
import { problemOf } from "~/api/ApiProblem.ts"
import { getMonitor, getOverview } from "~/api/Monitors.ts"
import { request } from "~/api/Request.ts"
import { getRows, getWall } from "~/api/Rows.ts"
import { signInPath } from "~/api/SignInPath.ts"
import * as LiveStream from "~/live/LiveStream.ts"
import { spread } from "~/live/Spread.ts"

interface Live {
  readonly state: () => LiveStream.LiveState
  readonly heardAt: () => number | undefined
  readonly subscribe: (run: (events: ReadonlyArray<LiveStream.LiveEvent>) => void) => () => void
  readonly watch: (monitorId: string | undefined) => void
}

const LiveContext = createContext<Live>()

/** What would stay wrong, had it changed after the page was made and before its stream was open. The rest moves on by itself. */
const states = [getOverview.key, getRows.key, getWall.key, getMonitor.key]

/** Around the pages of the app. */
export function LiveProvider(props: { children: JSX.Element }) {
  const [state, setState] = createSignal<LiveStream.LiveState>("connecting")
  const [heardAt, setHeardAt] = createSignal<number>()
  const runs = new Set<(events: ReadonlyArray<LiveStream.LiveEvent>) => void>()
  let stream: ReturnType<typeof LiveStream.open> | undefined
  let watched: string | undefined
  onMount(() => {
    stream = LiveStream.open({
      onEvents: (events) => {
        for (const run of runs) run(events)
      },
      onState: (next, at) => {
        setState(next)
        setHeardAt(at)
      },
      onStart: () => void revalidate(states),
      onGap: () => void revalidate(),
      onRefused: () => void leaveWhenSignedOut()
    })
    stream.watch(watched)
    onCleanup(() => stream?.close())
  })
  const live: Live = {
    state,
    heardAt,
    subscribe: (run) => {
      runs.add(run)
      return () => runs.delete(run)
    },
    watch: (monitorId) => {
      watched = monitorId
      stream?.watch(monitorId)
    }
  }
  return <LiveContext.Provider value={live}>{props.children}</LiveContext.Provider>
}

/** How the stream is, for the pill. */
export const useLive = (): Live => {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error("useLive needs a LiveProvider around it")
  return live
}

/** Runs with the events of each frame, as long as the component lives. In the browser only. */
export const onLive = (run: (events: ReadonlyArray<LiveStream.LiveEvent>) => void): void => {
  const live = useLive()
  onMount(() => onCleanup(live.subscribe(run)))
}

/** Asks for the results of one monitor as well, as long as the component lives. */
export const watchMonitor = (monitorId: string): void => {
  const live = useLive()
  onMount(() => {
    live.watch(monitorId)
    onCleanup(() => live.watch(undefined))
  })
}

/** Reads queries anew when events come, about once in `everyMs` at most: many changes are one read. */
export const revalidateOnLive = (
  queries: string | Array<string>,
  matters: (event: LiveStream.LiveEvent) => boolean = () => true,
  everyMs = 1_000
): void => {
  let timer: ReturnType<typeof setTimeout> | undefined
  onLive((events) => {
    if (timer !== undefined || !events.some(matters)) return
    timer = setTimeout(() => {
      timer = undefined
      void revalidate(queries)
    }, spread(everyMs))
  })
  onCleanup(() => clearTimeout(timer))
}

const leaveWhenSignedOut = async (): Promise<void> => {
  try {
    await request("/account")
  } catch (error) {
    if (problemOf(error).status === 401) location.assign(signInPath(location.pathname + location.search))
  }
}
