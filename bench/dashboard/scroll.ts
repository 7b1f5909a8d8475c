/**
 * How evenly the list of monitors scrolls, on a database that `fill.ts` has filled. `bench/README.md` says how.
 *
 *     DATABASE_URL=postgres://… OPENSEER_TEST_BROWSER=/usr/bin/chromium node --conditions=@openseer/source
 *       bench/dashboard/scroll.ts [--runs 3] [--path "/"]
 */
import { loadavg } from "node:os"
import { parseArgs } from "node:util"
import { Client } from "pg"
import { quantile, table } from "../Table.ts"
import * as Chromium from "./Chromium.ts"
import * as Instance from "./Instance.ts"
import { scroll, type Scrolled, ways } from "./Scrolling.ts"

const { values: flags } = parseArgs({
  options: { runs: { type: "string", default: "3" }, path: { type: "string", default: "/" } }
})
const databaseUrl = process.env["DATABASE_URL"]
if (databaseUrl === undefined) throw new Error("DATABASE_URL must name a database that fill.ts has filled")

const client = new Client({ connectionString: databaseUrl })
await client.connect()
await using instance = await Instance.start(databaseUrl)
await using chromium = await Chromium.launch(process.env["OPENSEER_TEST_BROWSER"] ?? "/usr/bin/chromium")
const { key, monitors } = await Instance.organizationOf(client)
const [token] = await Instance.sessions(client, key, 1)

const tab = await (await chromium.profile(instance.url, { name: Instance.cookieName, value: token! })).tab()
await tab.go(instance.url + flags.path)
await tab.evaluate("new Promise((done) => setTimeout(done, 2000))")

const seen = new Map<string, Array<Scrolled>>(ways.map(({ name }) => [name, []]))
try {
  for (let run = 0; run < Number(flags.runs); run++) {
    for (const way of ways) seen.get(way.name)!.push(await scroll(tab, way))
  }
} finally {
  await client.query(
    "delete from auth.sessions where user_key = (select user_key from auth.users where user_id = $1)",
    ["usr_000000000000000bench"]
  )
  await client.end()
}

const rows = [...seen].map(([name, all]) => {
  const gaps = all.flatMap((one) => one.gaps)
  const longTasks = all.flatMap((one) => one.longTasks)
  const rowsAway = Math.max(...all.map(({ pixels }) => pixels)) / 52
  return [
    name,
    rowsAway.toFixed(0),
    String(gaps.length),
    quantile(gaps, 0.5).toFixed(0),
    quantile(gaps, 0.95).toFixed(0),
    Math.max(...gaps).toFixed(0),
    String(gaps.filter((gap) => gap > 50).length),
    String(longTasks.length),
    longTasks.length === 0 ? "0" : Math.max(...longTasks).toFixed(0),
    (all.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / gaps.length).toFixed(1),
    String(all.reduce((sum, { unread }) => sum + unread, 0))
  ]
})
console.log(`${monitors} monitors, ${flags.runs} runs, ${new Date().toISOString()}\n`)
console.log(
  table(
    [
      "ms",
      "rows away",
      "frames",
      "p50",
      "p95",
      "max",
      "above 50",
      "long tasks",
      "longest",
      "CPU a frame",
      "frames with unread rows"
    ],
    rows
  )
)
console.log(
  `\nload ${loadavg()
    .map((load) => load.toFixed(1))
    .join(", ")}`
)
