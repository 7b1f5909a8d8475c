/**
 * The whole system on one machine: two control planes, three workers in two regions, 1,000 monitors at 5 s for 60 s
 * against a local target. Every due instant must be accounted for; prints lateness and what each process used.
 *
 *     node --conditions=@openseer/source bench/system/system.ts [--monitors 1000] [--interval-ms 5000] [--seconds 60]
 */
import { Effect, Layer, Redacted, References, Schedule } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Bootstrap from "../../packages/server/src/accounts/Bootstrap.ts"
import { Database } from "../../packages/server/src/db/Database.ts"
import { migrate } from "../../packages/server/src/db/Migrations.ts"
import { EmbeddedPostgres } from "../../packages/server/src/embedded/EmbeddedPostgres.ts"
import * as Checker from "../../test/faults/Checker.ts"
import { freePort, program, untilReady } from "../../test/faults/Processes.ts"
import { readServerCpuMs } from "../dispatch/ServerCpu.ts"

const { values } = parseArgs({
  options: {
    monitors: { type: "string", default: "1000" },
    "interval-ms": { type: "string", default: "5000" },
    seconds: { type: "string", default: "60" }
  }
})
const monitors = Number(values.monitors)
const intervalMs = Number(values["interval-ms"])
const seconds = Number(values.seconds)
const clusterToken = "bench-cluster-token-0123456789abcdef"

/** User and system CPU of a process in ms, and its resident memory in MB, from /proc. */
const usage = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, rssMb: Math.round(Number(rss) / 1024) }
}

const execute = Effect.fnUntraced(function* <A extends object>(text: string) {
  const { background } = yield* Database
  return yield* background.run(background.sql.unsafe<A>(text))
})

const until = (text: string) =>
  execute<{ done: boolean }>(text).pipe(
    Effect.repeat({ until: (rows) => rows[0]?.done === true, schedule: Schedule.spaced("200 millis"), times: 600 })
  )

const main = Effect.gen(function* () {
  const postgres = yield* EmbeddedPostgres
  yield* migrate
  const { apiKey } = yield* Bootstrap.bootstrap({})
  const target = fork(fileURLToPath(new URL("target.ts", import.meta.url)), {
    stdio: ["ignore", "pipe", "inherit", "ipc"]
  })
  const [line] = yield* Effect.promise(() => once(target.stdout!, "data") as Promise<[Buffer]>)
  const targetUrl = `http://127.0.0.1:${line.toString().trim()}/`

  const controls = yield* Effect.forEach(["a", "b"], (name) =>
    Effect.gen(function* () {
      const port = yield* freePort
      const control = yield* program(`control plane ${name}`, "openseer", ["serve"], {
        DATABASE_URL: Redacted.value(postgres.url),
        OPENSEER_PORT: String(port),
        // One key makes all monitors, as fast as it can.
        OPENSEER_REQUESTS_PER_MINUTE: "1000000",
        OPENSEER_CLUSTER_TOKEN: clusterToken
      })
      yield* control.start
      yield* untilReady(`http://127.0.0.1:${port}`, control)
      return { control, url: `http://127.0.0.1:${port}` }
    })
  )
  const workers = yield* Effect.forEach(["east", "east", "west"], (region, index) =>
    Effect.gen(function* () {
      const worker = yield* program(`worker ${index} (${region})`, "openseer-worker", ["run"], {
        OPENSEER_CONTROL_PLANE_URL: controls[index % 2]!.url,
        OPENSEER_CLUSTER_TOKEN: clusterToken,
        OPENSEER_REGION: region,
        OPENSEER_WORKER_NAME: `worker-${index}`,
        OPENSEER_WORKER_TOKEN_FILE: join(postgres.dataDir, `../worker-${index}.json`),
        OPENSEER_EGRESS_ALLOW: "127.0.0.0/8"
      })
      yield* worker.start
      return worker
    })
  )
  yield* until("select count(*) = 3 as done from app.workers")
  for (let i = 0; i < monitors; i++) {
    yield* Effect.promise(async () => {
      const response = await fetch(`${controls[i % 2]!.url}/api/v1/monitors`, {
        method: "POST",
        headers: { authorization: `Bearer ${Redacted.value(apiKey)}`, "content-type": "application/json" },
        body: JSON.stringify({
          name: `monitor ${i}`,
          spec: { url: targetUrl },
          intervalMs,
          timeoutMs: 2_000,
          regions: ["east", "west"]
        })
      })
      if (!response.ok) throw new Error(await response.text())
    })
  }
  const processes = [
    ...controls.map(({ control }) => ({ name: control.name, pid: control.pid()! })),
    ...workers.map((worker) => ({ name: worker.name, pid: worker.pid()! })),
    { name: "target", pid: target.pid! }
  ]
  const postmaster = Number(readFileSync(join(postgres.dataDir, "data", "postmaster.pid"), "utf8").split("\n")[0])
  const before = processes.map(({ pid }) => usage(pid))
  const postgresBefore = yield* Effect.promise(() => readServerCpuMs(postmaster))
  const [from] = yield* execute<{ at: string }>("select now()::text as at")
  const startedAt = performance.now()
  yield* Effect.sleep(seconds * 1_000)
  const wall = performance.now() - startedAt
  const used = processes.map(({ name, pid }, i) => {
    const now = usage(pid)
    return { process: name, "cores used": ((now.cpuMs - before[i]!.cpuMs) / wall).toFixed(3), "memory MB": now.rssMb }
  })
  const postgresAfter = yield* Effect.promise(() => readServerCpuMs(postmaster))
  const postgresCores = ((postgresAfter - postgresBefore) / wall).toFixed(3)
  const [lateness] = yield* execute<Record<string, number>>(`
    select count(*)::int as runs,
           percentile_disc(0.5) within group (order by lateness_us)::float8 / 1000 as p50,
           percentile_disc(0.99) within group (order by lateness_us)::float8 / 1000 as p99,
           max(lateness_us)::float8 / 1000 as max,
           count(*) filter (where outcome <> 0)::int as "not up"
      from ts.results_raw where due_at >= '${from!.at}' and due_at < '${from!.at}'::timestamptz + interval '${seconds} s'`)
  yield* execute("update app.monitors set paused_at = now()")
  yield* execute("select app.remove(monitor_key) from app.monitors order by monitor_key")
  yield* until("select count(*) = 0 as done from app.jobs where ready_at < 'infinity'")
  for (const worker of workers) yield* worker.stop
  for (const { control } of controls) yield* control.stop
  target.disconnect()
  yield* Checker.rollUpAll
  console.log(
    `\n${monitors} monitors, 2 regions, every ${intervalMs} ms, ${seconds} s; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`
  )
  console.log("lateness in ms", lateness)
  console.table([...used, { process: "PostgreSQL", "cores used": postgresCores, "memory MB": "" }])
  console.log("account", yield* Checker.account)
  console.log("violations", yield* Checker.violations)
}).pipe(Effect.scoped)

const folder = await mkdtemp(join(tmpdir(), "openseer-system-"))
await chmod(folder, 0o755)
const PostgresLayer = EmbeddedPostgres.layer({ dataDir: join(folder, "postgres") })
const DatabaseLayer = Layer.unwrap(
  EmbeddedPostgres.useSync(({ url }) =>
    Database.layer({ url, workerConnections: 1, apiConnections: 2, backgroundConnections: 3 })
  )
)
await Effect.runPromise(
  main.pipe(
    Effect.provide(DatabaseLayer.pipe(Layer.provideMerge(PostgresLayer))),
    Effect.provideService(References.MinimumLogLevel, "Warn")
  )
).finally(() => rm(folder, { recursive: true, force: true }))
