/**
 * The live event stream of a tab: one EventSource, whatever is shown.
 *
 * Closed after 30 s in the background (a browser has six connections to an origin over HTTP/1.1), opened again by the
 * watchdog when nothing was heard for two pings, and resumed after the last event that was heard.
 */
import type { Hello, MonitorChanged, NewResult, StateChange, WorkerChanged } from "@openseer/core/contract/EventsApi"

/** What happened, told apart by `event`. */
export type LiveEvent =
  | { readonly event: "state"; readonly data: StateChange }
  | { readonly event: "monitor"; readonly data: MonitorChanged }
  | { readonly event: "result"; readonly data: NewResult }
  | { readonly event: "worker"; readonly data: WorkerChanged }

/** How the stream is. `stale`: nothing was heard for a while, so what is shown may be old. */
export type LiveState = "connecting" | "live" | "reconnecting" | "stale"

/**
 * Who is told: of events, many at a time and once a frame; of the state; that the stream is open for the first time, when
 * what is shown was read before; and that something was missed in between.
 */
export interface LiveListener {
  readonly onEvents: (events: ReadonlyArray<LiveEvent>) => void
  /** `heardAt` is when anything was heard last. */
  readonly onState: (state: LiveState, heardAt: number | undefined) => void
  readonly onStart: () => void
  readonly onGap: () => void
  /** The stream was refused: perhaps nobody is signed in any more. */
  readonly onRefused: () => void
}

const hiddenMsMax = 30_000
const silenceMsMax = 35_000
const staleAfterMs = 10_000
const tickMs = 1_000
const retryMs = 5_000

/** Opens the stream. `watch` asks for the results of one monitor as well; `close` ends it all. */
export const open = (listener: LiveListener) => {
  let source: EventSource | undefined
  let watched: string | undefined
  let lastId = ""
  let heardAt: number | undefined
  let lostAt: number | undefined
  let isStarted = false
  let retryAt = 0
  let hiddenAt: number | undefined
  let queue: Array<LiveEvent> = []

  const hear = (event: MessageEvent<string>) => {
    heardAt = Date.now()
    if (event.lastEventId) lastId = event.lastEventId
    if (event.type === "hello") {
      const { resumed } = JSON.parse(event.data) as Hello
      // What is not resumed begins from now: only the first stream may, since the page was read just before it.
      const isGap = lostAt !== undefined || (isStarted && !resumed)
      lostAt = undefined
      listener.onState("live", heardAt)
      if (isGap) listener.onGap()
      else if (!isStarted) listener.onStart()
      isStarted = true
    } else if (event.type !== "ping") {
      if (queue.length === 0) requestAnimationFrame(flush)
      queue.push({ event: event.type, data: JSON.parse(event.data) } as LiveEvent)
    }
  }
  const flush = () => {
    const events = queue
    queue = []
    listener.onEvents(events)
  }
  const lose = () => {
    lostAt ??= Date.now()
    listener.onState(Date.now() - lostAt >= staleAfterMs ? "stale" : "reconnecting", heardAt)
  }
  const disconnect = () => {
    source?.close()
    source = undefined
  }
  const connect = () => {
    disconnect()
    const search = new URLSearchParams({
      ...(lastId ? { after: lastId } : {}),
      ...(watched ? { monitor: watched } : {})
    })
    const opened = (source = new EventSource(`/api/v1/events${search.size ? `?${search}` : ""}`))
    retryAt = Date.now() + silenceMsMax
    for (const name of ["hello", "state", "monitor", "worker", "result", "ping"]) opened.addEventListener(name, hear)
    opened.addEventListener("error", () => {
      lose()
      // Refused for good: the browser will not try again by itself.
      if (opened.readyState !== EventSource.CLOSED) return
      retryAt = Date.now() + retryMs
      listener.onRefused()
    })
  }
  const tick = () => {
    const now = Date.now()
    if (document.hidden) {
      hiddenAt ??= now
      if (source && now - hiddenAt >= hiddenMsMax) {
        disconnect()
        lostAt ??= now
      }
      return
    }
    hiddenAt = undefined
    const isSilent = now - (heardAt ?? 0) > silenceMsMax && now > retryAt
    if (isSilent) lose()
    if (!source || isSilent || (source.readyState === EventSource.CLOSED && now > retryAt)) connect()
    if (lostAt !== undefined) lose()
  }

  connect()
  const timer = setInterval(tick, tickMs)
  document.addEventListener("visibilitychange", tick)
  return {
    watch: (monitorId: string | undefined) => {
      if (monitorId === watched) return
      watched = monitorId
      if (source) connect()
    },
    close: () => {
      clearInterval(timer)
      document.removeEventListener("visibilitychange", tick)
      disconnect()
    }
  }
}
