/**
 * A large installation at its own pace: 100,000 monitors in 3 regions every 30 s, 10,000 runs a second, through the
 * stages. Says how early a job is in the hands of a worker, that every due instant was executed, and what it costs.
 *
 *     node --conditions=@openseer/source bench/dispatch/paced.ts [--monitors 100000] [--regions 3] [--interval 30]
 *       [--minutes 2] [--database-url postgres://…]
 *
 * Two workers a region, each as the real one: it leases ahead, holds the job until its last run is over, submits. Each
 * minute prints a line; the tables of jobs and states must not grow after the second. Exits 1 when one does, or when a
 * due instant is not accounted for.
 */
import { type Cause, Effect, Queue } from "effect"
import { parseArgs } from "node:util"
import { Client } from "pg"
import { Ingest } from "../../packages/server/src/ingest/Ingest.ts"
import { Leases } from "../../packages/server/src/lease/Leases.ts"
import { connect, type Fleet, finished, type GrantedJob, type Instance, jobMonitors } from "./Instance.ts"
import { populate, request, rows } from "./Instance.ts"
import { measureWindow } from "./Meter.ts"
import { startPostgres } from "./PostgresServer.ts"

const workersPerRegion = 2
/** Runs a worker asks for at a time, and submits at a time. */
const capacity = 2_000
const submissionsMax = 5
/** How much of their size after two minutes the tables may gain. */
const growthMax = 0.1

const { values: flags } = parseArgs({
  options: {
    monitors: { type: "string", default: "100000" },
    regions: { type: "string", default: "3" },
    interval: { type: "string", default: "30" },
    minutes: { type: "string", default: "2" },
    "database-url": { type: "string" }
  }
})

const fleet: Fleet = {
  regions: Number(flags.regions),
  jobs: Math.ceil(Number(flags.monitors) / jobMonitors),
  intervalMs: Number(flags.interval) * 1_000,
  timeoutMs: 5_000
}

/** How long before its due instant each job was in hand, in milliseconds; negative when it came late. */
const leadsMs: Array<number> = []

const worker = Effect.fn("paced.worker")(function* (regionKey: number, endsAt: number) {
  const leases = yield* Leases
  const ingest = yield* Ingest
  const over = yield* Queue.make<GrantedJob, Cause.Done>()
  const asking = request(regionKey, fleet, capacity)
  // The last run of a tick begins up to 5 s, or a tenth of the interval, after it; each takes 120 ms at most.
  const lastsMs = Math.min(fleet.intervalMs / 10, 5_000) + 120

  const lease = Effect.gen(function* () {
    while (performance.now() < endsAt) {
      for (const job of yield* leases.await(asking, 1_000)) {
        leadsMs.push(job.dueInMs)
        yield* Queue.offer(over, job).pipe(Effect.delay(job.dueInMs + lastsMs), Effect.forkChild)
      }
    }
    yield* Effect.sleep(5_000 + lastsMs + 1_000)
    yield* Queue.end(over)
  })
  const submit = Effect.gen(function* () {
    while (true) {
      const jobs = yield* Queue.takeBetween(over, 1, submissionsMax)
      const exceptions = yield* ingest.store(
        { workerKey: regionKey, regionKeys: [regionKey] },
        jobs.map((job) => finished(job, fleet.regions))
      )
      if (exceptions.length > 0) return yield* Effect.die(`not stored: ${JSON.stringify(exceptions[0])}`)
    }
  }).pipe(Effect.catchTag("Done", () => Effect.void))
  yield* Effect.all([lease, submit], { concurrency: "unbounded", discard: true })
})

interface Sizes {
  readonly jobs: number
  readonly states: number
  readonly results: number
}

const sizes = rows<Sizes>(
  `select pg_total_relation_size('app.jobs')::float8 as jobs, pg_total_relation_size('app.monitor_states')::float8 as states,
          (select sum(pg_total_relation_size(relid))::float8 from pg_partition_tree('ts.results_raw')) as results`
).pipe(Effect.map((found) => found[0]!))

/** Due instants before the last tick that every job has completed, by the grid; and what became of them. */
const account = rows<{ readonly due: number; readonly stored: number; readonly missed: number }>(
  `with upto as (select min(due_at) as tick from app.jobs),
        ticks as (
          select p.monitor_key, p.region_key, p.starts_at, p.interval_ms,
                 greatest(0, ceil(extract(epoch from upto.tick - p.starts_at) * 1000 / p.interval_ms))::int as n
            from app.placements p, upto),
        results as (
          select r.monitor_key, r.region_key, count(*)::int as n
            from ts.results_raw r join ticks t using (monitor_key, region_key)
           where r.due_at < t.starts_at + t.n * t.interval_ms * interval '1 millisecond'
                            + app.offset_ms(r.monitor_key, t.interval_ms) * interval '1 millisecond'
           group by 1, 2)
   select sum(t.n)::int as due, sum(coalesce(r.n, 0))::int as stored,
          (select coalesce(sum(count), 0)::int from ts.gaps) as missed
     from ticks t left join results r using (monitor_key, region_key)`
).pipe(Effect.map((found) => found[0]!))

const run = async (instance: Instance, client: Client): Promise<boolean> => {
  console.error(`placing ${fleet.jobs * jobMonitors} monitors in ${fleet.regions} regions …`)
  await instance.runPromise(populate(fleet))
  const minutes = Number(flags.minutes)
  const endsAt = performance.now() + minutes * 60_000
  const perMinute: Array<Sizes> = []
  const watch = Effect.gen(function* () {
    for (let minute = 1; minute <= minutes; minute += 1) {
      yield* Effect.sleep(60_000)
      const now = yield* sizes
      perMinute.push(now)
      console.log(
        `minute ${minute}: jobs ${megabytes(now.jobs)} MB, states ${megabytes(now.states)} MB, results ${megabytes(now.results)} MB, ${leadsMs.length} ticks leased`
      )
    }
  })
  const workers = Array.from({ length: fleet.regions * workersPerRegion }, (_, i) =>
    worker((i % fleet.regions) + 1, endsAt)
  )
  const cost = await measureWindow(client, leadsMs.length * jobMonitors, () =>
    instance.runPromise(Effect.all([...workers, watch], { concurrency: "unbounded", discard: true }))
  )
  const { due, missed, stored } = await instance.runPromise(account)

  const leads = leadsMs.toSorted((a, b) => a - b)
  const lead = (quantile: number) => Math.round(leads[Math.floor(quantile * (leads.length - 1))] ?? Number.NaN)
  const runs = leadsMs.length * jobMonitors
  const cores = (cpuMs: number | null) => (cpuMs === null ? "-" : (cpuMs / 1_000 / cost.seconds).toFixed(2))
  console.log(`due ${due}, stored ${stored}, gaps ${missed}`)
  console.log(`in hand before due: p50 ${lead(0.5)} ms, p1 ${lead(0.01)} ms, least ${lead(0)} ms`)
  console.log(`lateness of the lease: p50 ${Math.max(0, -lead(0.5))} ms, p99 ${Math.max(0, -lead(0.01))} ms`)
  console.log(
    `${Math.round(runs / cost.seconds)} runs/s: PostgreSQL ${cores(cost.postgresCpuMs)} cores, Node ${cores(cost.nodeCpuMs)} cores, ` +
      `${Math.round(cost.walBytes / runs)} bytes of WAL a run, other cores ${cost.otherCores?.toFixed(2) ?? "-"}`
  )
  const [, base] = perMinute
  const last = perMinute.at(-1)
  const grew =
    base !== undefined && last !== undefined && last.jobs + last.states > (base.jobs + base.states) * (1 + growthMax)
  if (grew) console.log("the tables of jobs and states have grown since the second minute")
  return !grew && due > 0 && due === stored && missed === 0
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)

const main = async (): Promise<void> => {
  const server =
    flags["database-url"] === undefined ? await startPostgres() : { url: flags["database-url"], stop: async () => {} }
  const admin = new Client({ connectionString: server.url })
  const database = `openseer_paced_${process.pid}`
  const url = new URL(server.url)
  url.pathname = `/${database}`
  try {
    await admin.connect()
    await admin.query(`create database ${database}`)
    const client = new Client({ connectionString: url.href })
    const instance = connect(url.href)
    try {
      await client.connect()
      if (!(await run(instance, client))) process.exitCode = 1
    } finally {
      await instance.dispose()
      await client.end()
      await admin.query(`drop database ${database} with (force)`)
    }
  } finally {
    await admin.end()
    await server.stop()
  }
}

await main()
