/**
 * What the questions of a dashboard cost with a month of raw results and three of rollups, and again with ten times as
 * many monitors. `bench/README.md` says what is measured and what is not.
 *
 *     node --conditions=@openseer/source bench/query/query.ts [--monitors 1000] [--factor 10] [--interval 1800]
 *       [--days 30] [--samples 200] [--json] [--database-url postgres://…]
 */
import { EmbeddedPostgres } from "@openseer/server/embedded"
import { Effect, Layer, Redacted, References } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Client } from "pg"
import { Database } from "../../packages/server/src/db/Database.ts"
import { migrate } from "../../packages/server/src/db/Migrations.ts"
import { latencySeries } from "../../packages/server/src/query/LatencySeries.ts"
import { overview } from "../../packages/server/src/query/Overviews.ts"
import { resultPage } from "../../packages/server/src/query/ResultPages.ts"
import { timeline, uptime } from "../../packages/server/src/query/Uptimes.ts"
import { fill, statements } from "./History.ts"

const { values: flags } = parseArgs({
  options: {
    monitors: { type: "string", default: "1000" },
    factor: { type: "string", default: "10" },
    interval: { type: "string", default: "1800" },
    days: { type: "string", default: "30" },
    samples: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
    "database-url": { type: "string" }
  }
})

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} must be a whole number above 0, not ${text}`)
  return value
}

const dayMs = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * dayMs).toISOString()

type Question = (organizationKey: number, monitorId: string) => Effect.Effect<unknown, unknown, Database>

const ranges = [1, 7, 30, 90]
const name = (days: number) => (days === 1 ? "24 h" : `${days} d`)
const questions: ReadonlyArray<readonly [string, Question]> = [
  ...ranges.map(
    (days) =>
      [`latency ${name(days)}`, (key, id) => latencySeries(key, id, { from: ago(days) })] satisfies [string, Question]
  ),
  ...ranges.map(
    (days) => [`uptime ${name(days)}`, (key, id) => uptime(key, id, { from: ago(days) })] satisfies [string, Question]
  ),
  ["timeline 90 d", (key, id) => timeline(key, id, { days: 90 })],
  ["results, newest 100", (key, id) => resultPage(key, id, { limit: 100 })],
  ["overview", (key) => overview(key)]
]

/** Milliseconds of each question over the samples. */
type Times = ReadonlyMap<string, { readonly p50: number; readonly p95: number }>

interface Round {
  readonly monitors: number
  readonly rows: number
  readonly bytes: number
  readonly loadSeconds: number
  readonly worstErrorPercent: number
  readonly times: Times
}

const quantile = (sorted: ReadonlyArray<number>, q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN

const measure = Effect.fnUntraced(function* (monitors: number, samples: number) {
  const run = statements(yield* Database)
  const startedAt = performance.now()
  yield* migrate
  const key = yield* fill(run, {
    monitors,
    intervalMs: positive("interval", flags.interval) * 1_000,
    rawDays: positive("days", flags.days)
  })
  const loadSeconds = (performance.now() - startedAt) / 1_000
  console.error(`${monitors} monitors loaded in ${loadSeconds.toFixed(0)} s`)
  const ids = Array.from(
    { length: samples },
    () => `mon_${String(1 + Math.floor(Math.random() * monitors)).padStart(20, "0")}`
  )
  const times = new Map<string, { p50: number; p95: number }>()
  for (const [question, ask] of questions) {
    const elapsed: Array<number> = []
    // The first pass over these monitors brings their pages into memory and does not count.
    for (const id of [...ids, ...ids]) {
      const at = performance.now()
      yield* ask(key, id)
      elapsed.push(performance.now() - at)
    }
    const sorted = elapsed.slice(ids.length).toSorted((a, b) => a - b)
    times.set(question, { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) })
  }
  const [size] = yield* run<{ rows: number; bytes: number }>(
    `select (select count(*)::float8 from ts.results_raw) as rows, pg_database_size(current_database())::float8 as bytes`
  )
  return {
    monitors,
    rows: size?.rows ?? 0,
    bytes: size?.bytes ?? 0,
    loadSeconds,
    worstErrorPercent: yield* worstError(key, ids.slice(0, 20)),
    times
  } satisfies Round
})

/** The largest error of the sketch's percentiles of all raw results against exact ones, in percent. */
const worstError = Effect.fnUntraced(function* (key: number, ids: ReadonlyArray<string>) {
  const run = statements(yield* Database)
  let worst = 0
  for (const id of ids) {
    const from = ago(positive("days", flags.days) - 1)
    const series = yield* latencySeries(key, id, { from })
    const [exact] = yield* run<{ p50: number; p95: number; p99: number }>(`
      select percentile_disc(0.5) within group (order by total_us) as p50, percentile_disc(0.95) within group (order by total_us) as p95,
             percentile_disc(0.99) within group (order by total_us) as p99
        from ts.results_raw join app.monitors using (monitor_key)
       where monitor_id = '${id}' and outcome <= 1 and due_at >= to_timestamp(${series.t0 / 1_000})`)
    for (const q of ["p50", "p95", "p99"] as const) {
      worst = Math.max(worst, Math.abs((series.overall[q] ?? Number.NaN) / (exact?.[q] ?? Number.NaN) - 1))
    }
  }
  return worst * 100
})

/** A round on a database of its own, which is dropped afterwards. */
const onFreshDatabase = (serverUrl: string, monitors: number, samples: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const admin = new Client({ connectionString: serverUrl })
      const database = `openseer_bench_${process.pid}_${monitors}`
      const statement = (text: string) => Effect.promise(() => admin.query(text))
      yield* Effect.acquireRelease(
        Effect.promise(() => admin.connect()),
        () => Effect.promise(() => admin.end())
      )
      yield* Effect.acquireRelease(statement(`create database ${database}`), () =>
        statement(`drop database if exists ${database} with (force)`)
      )
      const url = new URL(serverUrl)
      url.pathname = `/${database}`
      const layer = Database.layer({
        url: Redacted.make(url.href),
        workerConnections: 1,
        apiConnections: 2,
        backgroundConnections: 1
      })
      return yield* Effect.provide(measure(monitors, samples), layer)
    })
  )

const row = (columns: ReadonlyArray<string>) => `| ${columns.join(" | ")} |`

const render = (rounds: ReadonlyArray<Round>): string => {
  const [first, last] = [rounds[0], rounds.at(-1)]
  const cells = (round: Round | undefined, question: string) => {
    const time = round?.times.get(question)
    return time === undefined ? ["-", "-"] : [time.p50.toFixed(1), time.p95.toFixed(1)]
  }
  const lines = questions.map(([question]) => {
    const ratio = (last?.times.get(question)?.p50 ?? Number.NaN) / (first?.times.get(question)?.p50 ?? Number.NaN)
    return row([question, rounds.flatMap((round) => cells(round, question)), ratio.toFixed(2)].flat())
  })
  const header = ["ms", ...rounds.flatMap(({ monitors }) => [`${monitors} p50`, `${monitors} p95`]), "p50 ratio"]
  const facts = rounds.map(
    ({ bytes, loadSeconds, monitors, rows, worstErrorPercent }) =>
      `${monitors} monitors: ${(rows / 1e6).toFixed(1)} M raw results, ${(bytes / 2 ** 30).toFixed(1)} GiB, loaded in ` +
      `${loadSeconds.toFixed(0)} s; percentiles off by at most ${worstErrorPercent.toFixed(2)} %`
  )
  return [...facts, "", row(header), row(header.map(() => "---")), ...lines].join("\n")
}

/** The server that was named, or an embedded one in a temporary folder that goes with the scope. */
const server = Effect.gen(function* () {
  const given = flags["database-url"]
  if (given !== undefined) return given
  const dataDir = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "openseer-bench-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const context = yield* Layer.build(EmbeddedPostgres.layer({ dataDir, durable: false }))
  return Redacted.value(
    yield* Effect.provide(
      EmbeddedPostgres.useSync(({ urlOf }) => urlOf("postgres")),
      context
    )
  )
})

const main = Effect.gen(function* () {
  const monitors = positive("monitors", flags.monitors)
  const factor = positive("factor", flags.factor)
  const samples = positive("samples", flags.samples)
  const url = yield* server
  const sizes = factor === 1 ? [monitors] : [monitors, monitors * factor]
  const rounds = yield* Effect.forEach(sizes, (size) => onFreshDatabase(url, size, samples))
  console.log(
    flags.json
      ? JSON.stringify(
          rounds.map(({ times, ...round }) => Object.assign(round, { times: Object.fromEntries(times) })),
          null,
          2
        )
      : render(rounds)
  )
}).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "Warn"))

// Ended early, it removes its data all the same.
const ended = new AbortController()
process.once("SIGINT", () => ended.abort())
process.once("SIGTERM", () => ended.abort())
await Effect.runPromise(main, { signal: ended.signal })
