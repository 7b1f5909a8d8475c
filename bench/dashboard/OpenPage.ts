/**
 * An open page of the dashboard as the server sees it: its event stream, and what it reads anew when events come, as
 * `apps/dashboard/src/live` and the pages do, with their delays. It draws nothing.
 */
import { once } from "node:events"
import { Agent, type IncomingMessage, request } from "node:http"
import { buffer } from "node:stream/consumers"
import { spread } from "../../apps/dashboard/src/live/Spread.ts"
import { cookieName } from "./Instance.ts"

/** Which page: the list, worst first, or the overview of a monitor that is checked in some regions. */
export type Shown =
  | { readonly page: "list" }
  | { readonly page: "monitor"; readonly id: string; readonly regions: ReadonlyArray<string> }

/** How pages are opened. */
export interface PageOptions {
  readonly origin: string
  /** Of its session. */
  readonly token: string
  readonly shown: Shown
  /** Whether it reads anything, or only listens. */
  readonly reads: boolean
  readonly onEvent: () => void
  /** How long an answer took, in ms, and its status. */
  readonly onAnswer: (ms: number, status: number) => void
}

/** How long a page waits for more events before it reads: LiveRows.ts, RowStore.ts, routes/(app)/index.tsx,
 * monitor/Overview.tsx. */
const gatherMs = { rows: 250, past: 2_000, overview: 250, series: 5_000 }

/** The first page of the list, with and without its past. */
const rows = "/overview/monitors?"
const rowsNow = "/overview/monitors/now?"
const firstRows = "sort=state&offset=0&limit=50"

/** Connections of a browser to an origin. */
const connectionsMax = 6

/** Opens it; answers what closes it. */
export const open = async (options: PageOptions): Promise<() => void> => {
  const { onAnswer, onEvent, origin, reads, shown, token } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax })
  const headers = { cookie: `${cookieName}=${token}`, "sec-fetch-site": "same-origin", accept: "application/json" }
  const timers = new Map<string, NodeJS.Timeout>()
  const missed = new Set<string>()
  const get = async (path: string): Promise<IncomingMessage> => {
    const [answer] = (await once(request(`${origin}/api/v1${path}`, { agent, headers }).end(), "response")) as [
      IncomingMessage
    ]
    return answer
  }
  const seen = new Set<string>()
  /** Reads to the end, which is how long it takes. Of monitors that come up for the first time, a list reads the past. */
  const read = async (path: string): Promise<void> => {
    const at = performance.now()
    const answer = await get(path)
    const body = (await buffer(answer)).toString()
    onAnswer(performance.now() - at, answer.statusCode ?? 0)
    if (!path.startsWith("/overview/monitors")) return
    const ids = [...body.matchAll(/"id":"(mon_\w+)"/g)].map(([, id]) => id!)
    const hasNew = ids.some((id) => !seen.has(id))
    if (!path.startsWith(rowsNow)) for (const id of ids) seen.add(id)
    else if (hasNew) gather("past", gatherMs.past, () => [`${rows}${firstRows}`])
  }
  /** Reads after a while, what comes meanwhile together, and what comes while it reads after that. */
  const gather = (name: string, ms: number, paths: () => ReadonlyArray<string>) => {
    if (!reads) return
    missed.add(name)
    if (timers.has(name)) return
    const run = async () => {
      missed.delete(name)
      await Promise.all(paths().map(read)).catch(() => undefined)
      timers.delete(name)
      if (missed.has(name)) gather(name, ms, paths)
    }
    timers.set(
      name,
      setTimeout(() => void run(), spread(ms))
    )
  }
  const hear = (event: string, monitorId: string | undefined) => {
    onEvent()
    if (shown.page === "list") {
      if (event !== "result") gather("overview", gatherMs.overview, () => ["/overview"])
      if (event === "state") gather("rows", gatherMs.rows, () => [`${rowsNow}${firstRows}`])
    } else if (monitorId === shown.id) {
      if (event === "result") gather("series", gatherMs.series, () => seriesOf(shown.id, shown.regions))
      else gather("monitor", 0, () => [`/monitors/${shown.id}`])
    }
  }

  // What it came with.
  if (reads && shown.page === "list") await read(`${rows}${firstRows}`)
  const stream = await get(`/events${shown.page === "list" ? "" : `?monitor=${shown.id}`}`)
  if (stream.statusCode !== 200) throw new Error(`events of ${shown.page}: ${stream.statusCode}`)
  let rest = ""
  stream.on("error", () => undefined).setEncoding("utf8")
  stream.on("data", (chunk: string) => {
    const messages = (rest + chunk).split("\n\n")
    rest = messages.pop() ?? ""
    for (const message of messages) {
      const [, event] = /^event: (state|monitor|worker|result)$/m.exec(message) ?? []
      if (event !== undefined) hear(event, /"monitorId":"(\w+)"/.exec(message)?.[1])
    }
  })
  return () => {
    missed.clear()
    for (const timer of timers.values()) clearTimeout(timer)
    stream.destroy()
    agent.destroy()
  }
}

/** What the overview of a monitor reads when results came. */
const seriesOf = (id: string, regions: ReadonlyArray<string>): ReadonlyArray<string> => {
  const from = `from=${new Date(Date.now() - 86_400_000).toISOString()}`
  return [
    `latency?${from}&points=600`,
    `uptime?${from}`,
    `phases?${from}&points=600`,
    `matrix?${from}&points=120`,
    ...regions.map((region) => `latency?${from}&region=${region}&points=10`)
  ].map((path) => `/monitors/${id}/${path}`)
}
