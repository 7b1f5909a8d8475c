/**
 * What the questions of the dashboard cost on a database that `fill.ts` has filled: in this process, without HTTP.
 *
 *     DATABASE_URL=postgres://… node --conditions=@openseer/source bench/dashboard/views.ts [--samples 60] [--only rows]
 */
import { Effect, Layer, References } from "effect"
import { loadavg } from "node:os"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { CheckTypes } from "../../packages/server/src/CheckTypes.ts"
import { joined } from "../../packages/server/src/cli/DatabaseChoice.ts"
import { Database } from "../../packages/server/src/db/Database.ts"
import { latencySeries } from "../../packages/server/src/query/LatencySeries.ts"
import { monitorRows, monitorRowsNow } from "../../packages/server/src/query/MonitorRows.ts"
import { overview } from "../../packages/server/src/query/Overviews.ts"
import { phases } from "../../packages/server/src/query/Phases.ts"
import { regionMatrix } from "../../packages/server/src/query/RegionMatrix.ts"
import { tags } from "../../packages/server/src/query/Tags.ts"
import { timeline, uptime } from "../../packages/server/src/query/Uptimes.ts"
import { wall } from "../../packages/server/src/query/Wall.ts"
import * as ServerConfig from "../../packages/server/src/ServerConfig.ts"
import { findPostmaster, readServerCpuMs } from "../dispatch/ServerCpu.ts"

const { values: flags } = parseArgs({
  options: { samples: { type: "string", default: "60" }, only: { type: "string", default: "" } }
})

const dayMs = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * dayMs).toISOString()

type Question = (key: number, id: string, n: number) => Effect.Effect<unknown, unknown, Database | CheckTypes>

const questions: ReadonlyArray<readonly [string, Question]> = [
  ["overview", overview],
  ["rows, 50 by state", (key, _, n) => monitorRows(key, { offset: n * 50 })],
  ["rows, 50 by state, now", (key, _, n) => monitorRowsNow(key, { offset: n * 50 })],
  ["rows, 200 by name", (key, _, n) => monitorRows(key, { offset: n * 50, limit: 200, sort: "name" })],
  ["rows, 50 found by text", (key) => monitorRows(key, { q: "checkout" })],
  ["rows, 50 by uptime", (key, _, n) => monitorRows(key, { offset: n * 50, sort: "uptime" })],
  ["rows, 50 by P95", (key, _, n) => monitorRows(key, { offset: n * 50, sort: "p95" })],
  ["rows, 50 of 200 by P95", (key) => monitorRows(key, { sort: "p95", state: "down" })],
  ["tags", (key) => tags(key, {})],
  ["wall", (key) => wall(key, {})],
  ["latency 24 h", (key, id) => latencySeries(key, id, { from: ago(1) })],
  ["latency 30 d", (key, id) => latencySeries(key, id, { from: ago(30) })],
  ["latency 90 d", (key, id) => latencySeries(key, id, { from: ago(90) })],
  ["phases 24 h", (key, id) => phases(key, id, {})],
  ["phases 30 d", (key, id) => phases(key, id, { from: ago(30) })],
  ["matrix 24 h", (key, id) => regionMatrix(key, id, {})],
  ["matrix 30 d", (key, id) => regionMatrix(key, id, { from: ago(30) })],
  ["timeline 45 d", (key, id) => timeline(key, id, {})],
  ["uptime 30 d", (key, id) => uptime(key, id, { from: ago(30) })]
]

const quantile = (sorted: ReadonlyArray<number>, q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN

const measured = Effect.gen(function* () {
  const { background } = yield* Database
  const samples = Number(flags.samples)
  const [found] = yield* background.sql<{ key: number; count: number }>`
    select organization_key as key, count(*)::int as count from app.monitors group by 1 order by 2 desc limit 1`
  if (found === undefined) return yield* Effect.die(new Error("there are no monitors: run fill.ts first"))
  const ids = yield* background.sql<{ id: string }>`
    select monitor_id as id from app.monitors where organization_key = ${found.key} order by random() limit ${samples}`
  const [backend] = yield* background.sql<{ pid: number }>`select pg_backend_pid() as pid`
  const postmaster = yield* Effect.promise(() => findPostmaster(backend!.pid))
  const postgresCpuMs = Effect.promise(async () =>
    postmaster === null ? Number.NaN : await readServerCpuMs(postmaster)
  )
  const columns = ["p50", "p95", "p99", "CPU of PostgreSQL", "CPU of Node"]
  console.log(`| ${[`${found.count} monitors, ms`, ...columns].join(" | ")} |`)
  console.log(`|${" --- |".repeat(columns.length + 1)}`)
  for (const [name, ask] of questions.filter(([question]) => question.includes(flags.only))) {
    const elapsed: Array<number> = []
    const pass = Effect.forEach([...ids.entries()], ([n, { id }]) =>
      Effect.gen(function* () {
        const at = performance.now()
        yield* ask(found.key, id, n % 10)
        elapsed.push(performance.now() - at)
      })
    )
    // The first pass brings pages into memory and does not count.
    yield* pass
    elapsed.length = 0
    const [server, own] = [yield* postgresCpuMs, process.cpuUsage()]
    yield* pass
    const { system, user } = process.cpuUsage(own)
    const cpu = [(yield* postgresCpuMs) - server, (system + user) / 1_000].map((ms) => ms / ids.length)
    const sorted = elapsed.toSorted((a, b) => a - b)
    const cells = [...[0.5, 0.95, 0.99].map((q) => quantile(sorted, q)), ...cpu].map((ms) => ms.toFixed(1))
    console.log(`| ${[name, ...cells].join(" | ")} |`)
  }
  console.log(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(", ")}`
  )
})

const main = Effect.gen(function* () {
  const config = yield* ServerConfig.load
  return yield* Effect.provide(measured, Layer.merge(joined(config), CheckTypes.layer()))
})

await Effect.runPromise(Effect.provideService(main, References.MinimumLogLevel, "Warn"))
