/**
 * What pages of the dashboard take on a database that `fill.ts` has filled: until they are painted and can be used, of
 * script, of the server, and from a committed change of state to the pixel. `bench/README.md` says how.
 *
 *     DATABASE_URL=postgres://… OPENSEER_TEST_BROWSER=/usr/bin/chromium node --conditions=@openseer/source
 *       bench/dashboard/pages.ts [--runs 9] [--requests 40] [--seconds 130] [--streams 200] [--only load|server|live]
 *       [--monitors 4] [--checks-a-state 2] [--follow]
 */
import { cpus, loadavg } from "node:os"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { Client } from "pg"
import { median, quantile } from "../Table.ts"
import * as Chromium from "./Chromium.ts"
import * as Instance from "./Instance.ts"
import * as LiveUpdates from "./LiveUpdates.ts"
import * as PageLoad from "./PageLoad.ts"

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "9" },
    requests: { type: "string", default: "40" },
    seconds: { type: "string", default: "130" },
    streams: { type: "string", default: "200" },
    monitors: { type: "string", default: "4" },
    "checks-a-state": { type: "string", default: "2" },
    only: { type: "string", default: "" },
    follow: { type: "boolean", default: false }
  }
})
const databaseUrl = process.env["DATABASE_URL"]
if (databaseUrl === undefined) throw new Error("DATABASE_URL must name a database that fill.ts has filled")
const wants = (part: string) => flags.only === "" || flags.only === part
const runs = Number(flags.runs)

const client = new Client({ connectionString: databaseUrl })
await client.connect()
await using instance = await Instance.start(databaseUrl)
await using chromium = await Chromium.launch(process.env["OPENSEER_TEST_BROWSER"] ?? "/usr/bin/chromium")
const { key, monitors } = await Instance.organizationOf(client)
const tokens = await Instance.sessions(client, key, 1 + Math.ceil(Number(flags.streams) / 5))
const { rows: found } = await client.query<{ id: string }>(
  `select monitor_id as id from app.monitors where organization_key = $1 and deleted_at is null and check_kind = 'http'
      and created_at < now() - interval '30 days' order by random() limit $2`,
  [key, Math.max(runs, Number(flags.requests))]
)

const print = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): void => {
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`)
  console.log(
    `\n${lines.join("\n")}\n\nload ${loadavg()
      .map((load) => load.toFixed(1))
      .join(", ")}`
  )
}

/** The median, and between which values all others are. */
const spread = (values: ReadonlyArray<number>): string =>
  `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`

/** Both pages, of another monitor each time. */
const pages = (n: number): ReadonlyArray<PageLoad.Page> => [
  { name: "list", path: "/", clickable: "input[name=id]" },
  { name: "monitor", path: `/monitors/${found[n]!.id}`, clickable: "button[aria-haspopup=dialog]" }
]

const loads = async () => {
  const rows: Array<ReadonlyArray<string>> = []
  const weights: Array<ReadonlyArray<string | number>> = []
  const measured = new Map<string, Array<PageLoad.PageLoad>>()
  // One that does not count: so that the servers' code is compiled.
  for (let run = -1; run < runs; run++) {
    for (const page of pages(Math.max(run, 0))) {
      const { cold, warm } = await PageLoad.load(chromium, instance.url, tokens[0]!, page)
      if (run < 0) continue
      for (const [kind, load] of [
        ["cold", cold],
        ["warm", warm]
      ] as const) {
        const name = `${page.name}, ${kind}`
        measured.set(name, [...(measured.get(name) ?? []), load])
      }
    }
  }
  for (const [name, all] of measured) {
    const columns = ["firstByte", "firstPaint", "contentfulPaint", "interactive", "longTasks"] as const
    rows.push([name, ...columns.map((column) => spread(all.map((load) => load[column])))])
    if (name.endsWith("cold")) {
      const { scripts } = all[0]!
      weights.push([name.split(",")[0]!, new Set(scripts).size, (PageLoad.gzipBytes(scripts) / 1_000).toFixed(1)])
    }
  }
  print(
    [`ms, median of ${runs}`, "first byte", "first paint", "first contentful paint", "interactive", "long tasks"],
    rows
  )
  print(["page", "scripts", "kB gzip"], weights)
}

const server = async () => {
  const rows: Array<ReadonlyArray<string>> = []
  const headers = { cookie: `${Instance.cookieName}=${tokens[0]}`, accept: "text/html" }
  const paths: ReadonlyArray<readonly [string, (n: number) => string]> = [
    ["list", () => "/"],
    ["list, all of one tag", () => "/?tag=tier%3A1"],
    ["monitor", (n) => `/monitors/${found[n % found.length]!.id}`]
  ]
  for (const [name, path] of paths) {
    const ms: Array<number> = []
    const sizes: Array<readonly [number, number]> = []
    for (let n = -10; n < Number(flags.requests); n++) {
      const at = performance.now()
      const response = await fetch(instance.url + path(n + 10), { headers, redirect: "manual" })
      const html = await response.bytes()
      if (response.status !== 200) throw new Error(`${path(n + 10)}: ${response.status}`)
      if (n < 0) continue
      ms.push(performance.now() - at)
      sizes.push([html.length, gzipSync(html).length])
    }
    const size = (which: 0 | 1) => (median(sizes.map((pair) => pair[which])) / 1_000).toFixed(0)
    rows.push([name, quantile(ms, 0.5).toFixed(0), quantile(ms, 0.95).toFixed(0), size(0), size(1)])
  }
  print([`ms, ${flags.requests} requests`, "p50", "p95", "HTML kB", "kB gzip"], rows)
}

const live = async () => {
  const updates = await LiveUpdates.measure(client, instance, chromium, tokens, {
    streams: Number(flags.streams),
    seconds: Number(flags.seconds),
    monitors: Number(flags.monitors),
    checksAState: Number(flags["checks-a-state"]),
    follow: flags.follow
  })
  print(
    [
      `ms from commit to pixel, ${flags.streams} streams${flags.follow ? " that read anew" : ""}`,
      "changes",
      "missed",
      "p50",
      "p95",
      "max"
    ],
    updates.map(({ missed, ms, page }) => {
      const [p50, p95, max] = [0.5, 0.95, 1].map((share) => quantile(ms, share).toFixed(0))
      return [page, ms.length, missed, p50!, p95!, max!]
    })
  )
}

try {
  console.log(`${monitors} monitors, ${cpus().length} cores, ${new Date().toISOString()}`)
  if (wants("server")) await server()
  if (wants("load")) await loads()
  if (wants("live")) await live()
} finally {
  await client.query(
    "delete from auth.sessions where user_key = (select user_key from auth.users where user_id = $1)",
    ["usr_000000000000000bench"]
  )
  await client.end()
}
