/**
 * From a committed change of state to the pixel: a worker checks a target that flips, and pages are watched meanwhile.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Client } from "pg"
import { quantile } from "../Table.ts"
import type { Chromium } from "./Chromium.ts"
import { cookieName, type Instance } from "./Instance.ts"
import * as OpenPage from "./OpenPage.ts"

/** How it is measured. */
export interface LiveOptions {
  /** Pages that are open besides: half of them the list, the others of monitors, one of ten of a monitor that flips. */
  readonly streams: number
  readonly seconds: number
  readonly monitors: number
  /** How many checks in a row a target answers alike. */
  readonly checksAState: number
  /** Whether these read anew what a page reads when events come, or only listen. */
  readonly follow: boolean
}

/** What one page showed how late, in ms. */
export interface Lateness {
  readonly page: string
  readonly ms: ReadonlyArray<number>
  /** Changes that were over before the page showed them. */
  readonly missed: number
}

/** Most a session may have. */
const streamsOfSession = 5

interface Seen {
  readonly id: string
  readonly state: string
  readonly at: number
}

/**
 * What of a monitor is on the screen: its row, or the head of its page. `at` is right after the frame with the change.
 */
const watch = (ids: ReadonlyArray<string>) => `{
  const shown = {}
  globalThis.seen = []
  const stateOf = (id) => {
    const link = document.querySelector('.monitor-row a[href="/monitors/' + id + '"]')
    if (link) return link.closest(".monitor-row").querySelector(".monitor-state").textContent.trim().toLowerCase()
    if (location.pathname.startsWith("/monitors/" + id)) return document.querySelector("h1 + span")?.textContent.trim().toLowerCase()
    // Of those that are worst first, who is up again has left the screen.
    return location.pathname === "/" ? "up" : undefined
  }
  const look = () => {
    for (const id of ${JSON.stringify(ids)}) {
      const state = stateOf(id)
      if (state === shown[id]) continue
      shown[id] = state
      requestAnimationFrame(() => setTimeout(() => seen.push({ id, state, at: Date.now() })))
    }
  }
  look()
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
}`

/** Measures it. The monitors that it makes are removed at its end. */
export const measure = async (
  client: Client,
  instance: Instance,
  chromium: Chromium,
  tokens: ReadonlyArray<string>,
  options: LiveOptions
): Promise<ReadonlyArray<Lateness>> => {
  const counts = new Map<string, number>()
  const target = createServer((asked, answer) => {
    const count = (counts.get(asked.url!) ?? 0) + 1
    counts.set(asked.url!, count)
    answer.writeHead(Math.floor(count / options.checksAState) % 2 === 0 ? 200 : 500).end()
  }).listen(0, "127.0.0.1")
  await once(target, "listening")
  const region = "bench-live"
  const api = async <A>(path: string, body: unknown): Promise<A> => {
    const response = await fetch(`${instance.url}/api/v1${path}`, {
      method: "POST",
      headers: {
        cookie: `${cookieName}=${tokens[0]}`,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json"
      },
      body: JSON.stringify(body)
    })
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
    return (await response.json()) as A
  }
  instance.startWorker(region)
  while ((await client.query("select from app.regions where name = $1", [region])).rowCount === 0) await pause(100)
  const ids: Array<string> = []
  const streams: Array<() => void> = []
  try {
    for (let i = 0; i < options.monitors; i++) {
      const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/${i}`
      const { id } = await api<{ id: string }>("/monitors", {
        name: `Flipping ${i}`,
        spec: { url },
        intervalMs: 1_000,
        timeoutMs: 500,
        regions: [region]
      })
      ids.push(id)
    }
    const { rows: calm } = await client.query<{ id: string; regions: ReadonlyArray<string> }>(
      `select monitor_id as id, array(select name from app.regions g where g.region_key = any (m.region_keys)) as regions
         from app.monitors m where check_kind = 'http' and paused_at is null and deleted_at is null and not monitor_id = any ($1)
        order by random() limit $2`,
      [ids, options.streams]
    )
    let told = 0
    let answers: Array<{ readonly ms: number; readonly status: number }> = []
    for (let i = 0; i < options.streams; i++) {
      const flipping = { id: ids[i % ids.length]!, regions: [region] }
      streams.push(
        await OpenPage.open({
          origin: instance.url,
          token: tokens[1 + Math.floor(i / streamsOfSession)]!,
          shown: i % 2 === 0 ? { page: "list" } : { page: "monitor", ...(i % 20 === 1 ? flipping : calm[i]!) },
          reads: options.follow,
          onEvent: () => told++,
          onAnswer: (ms, status) => answers.push({ ms, status })
        })
      )
    }
    const profile = await chromium.profile(instance.url, { name: cookieName, value: tokens[0]! })
    const pages = [
      { page: "list, worst first", path: "/" },
      { page: "list, newest first", path: "/?sort=created" },
      { page: "monitor", path: `/monitors/${ids[0]}` }
    ]
    const tabs = []
    for (const { page, path } of pages) {
      const tab = await profile.tab()
      await tab.go(instance.url + path)
      tabs.push({ page, tab })
    }
    await pause(5_000)
    for (const { tab } of tabs) await tab.evaluate(watch(ids))
    const { rows: began } = await client.query<{ key: string }>("select max(event_key) as key from app.events")
    told = 0
    answers = []
    const cpu = process.cpuUsage()
    await pause(options.seconds * 1_000)
    const { rows: events } = await client.query<{ id: string; state: string; at: number }>(
      `select monitor_id as id, payload ->> 'state' as state,
              (extract(epoch from pg_xact_commit_timestamp(xid::xid)) * 1000)::float8 as at
         from app.events where kind = 'state' and event_key > $1 and monitor_id = any ($2) order by event_key`,
      [began[0]!.key, ids]
    )
    // The last ones may still be on their way.
    await pause(10_000)
    const { system, user } = process.cpuUsage(cpu)
    console.log(
      `${events.length} changes; ${streams.length} streams were told ${told} events and read ${answers.length} answers, ` +
        `${answers.filter(({ status }) => status !== 200).length} of them refused, p50 ` +
        `${quantile(
          answers.map(({ ms }) => ms),
          0.5
        ).toFixed(0)} ms, p95 ${quantile(
          answers.map(({ ms }) => ms),
          0.95
        ).toFixed(0)} ms; the bench itself used ${((user + system) / options.seconds / 1e6).toFixed(2)} cores`
    )
    return await Promise.all(
      tabs.map(async ({ page, tab }) => {
        const seen = await tab.evaluate<ReadonlyArray<Seen>>("seen")
        const own = page === "monitor" ? events.filter(({ id }) => id === ids[0]) : events
        return Object.assign({ page }, matched(own, seen))
      })
    )
  } finally {
    for (const close of streams) close()
    if (ids.length > 0) await api("/monitors/bulk", { ids, change: { action: "remove" } })
    target.closeAllConnections()
    target.close()
  }
}

/** Each change with the first time at which the page showed it, before the monitor came to the same state once more. */
const matched = (events: ReadonlyArray<Seen>, seen: ReadonlyArray<Seen>) => {
  const ms: Array<number> = []
  let missed = 0
  for (const [n, { at, id, state }] of events.entries()) {
    const again = events.slice(n + 1).find((later) => later.id === id && later.state === state)?.at ?? Infinity
    const shown = seen.find((one) => one.id === id && one.state === state && one.at >= at && one.at < again)
    if (shown === undefined) missed++
    else ms.push(shown.at - at)
  }
  return { ms, missed }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
