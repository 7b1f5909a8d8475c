/**
 * An OpenSeer database full of monitors, in the middle of its life, and the stages on it: what a control plane has, less
 * HTTP and the contract's decoding.
 */
import { Effect, Layer, ManagedRuntime, Redacted, References } from "effect"
import { Database } from "../../packages/server/src/db/Database.ts"
import { migrate } from "../../packages/server/src/db/Migrations.ts"
import { type DecodedSubmission, Ingest } from "../../packages/server/src/ingest/Ingest.ts"
import type { GrantRequest } from "../../packages/server/src/lease/GrantRequest.ts"
import { Leases } from "../../packages/server/src/lease/Leases.ts"
import { SecretBox } from "../../packages/server/src/secrets/SecretBox.ts"

/** How many monitors a job has: as many as it can. */
export const jobMonitors = 100

/** What is monitored: `jobs` jobs of 100 monitors in each of `regions` regions. */
export interface Fleet {
  readonly regions: number
  readonly jobs: number
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** The stages on one database. */
export type Instance = ManagedRuntime.ManagedRuntime<Database | Leases | Ingest, unknown>

/** A granted job, as `Leases` answers it. */
export type GrantedJob = Effect.Success<ReturnType<Leases["Service"]["grant"]>>[number]

/** Connects the stages to a database; `dispose` of it closes the connections. */
export const connect = (databaseUrl: string): Instance =>
  ManagedRuntime.make(
    Layer.mergeAll(Leases.layer.pipe(Layer.provide(SecretBox.layer())), Ingest.layer).pipe(
      Layer.provideMerge(
        Database.layer({
          url: Redacted.make(databaseUrl),
          workerConnections: 6,
          apiConnections: 1,
          backgroundConnections: 1
        })
      ),
      Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Warn"))
    )
  )

/** Rows of any statement. */
export const rows = Effect.fnUntraced(function* <A extends object>(text: string) {
  const { background } = yield* Database
  return yield* background.run(background.sql.unsafe<A>(text))
})

/** How long after jobs are placed their first ticks come, lest some are past before anybody asks for them. */
const leadMs = (fleet: Fleet) => 1_500 + fleet.regions * fleet.jobs * 5

/**
 * Brings a database to the schema and puts the fleet into it: monitors that are up since yesterday, jobs with ticks
 * spread over the interval by the golden ratio, one worker a region. Returns right before the first tick. Regions and
 * workers have the keys 1, 2, …, and the jobs of region r are those whose id is r modulo `regions`. The rows are those
 * that placing each monitor by itself would write.
 */
export const populate = Effect.fn("Instance.populate")(function* (fleet: Fleet) {
  const { intervalMs, jobs, regions, timeoutMs } = fleet
  yield* migrate
  for (const statement of [
    "insert into auth.organizations (organization_id, name) values ('org_bench', 'Bench')",
    `insert into app.regions (name) select 'region-' || i from generate_series(1, ${regions}) i`,
    `insert into app.workers (worker_id, region_key, name, token_hash)
     select 'wrk_' || region_key, region_key, 'bench', int4send(region_key) from app.regions order by region_key`,
    `insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions,
                               interval_ms, timeout_ms, region_keys)
     select 'mon_' || i, 1, 'bench', 'http', 1, '{"url":"http://127.0.0.1/"}', '[]', ${intervalMs}, ${timeoutMs},
            (select array_agg(region_key) from app.regions)
       from generate_series(1, ${jobs * jobMonitors}) i`,
    `insert into app.monitor_states (monitor_key, region_key, state, since_at)
     select monitor_key, unnest(region_keys), 0, now() - interval '1 day' from app.monitors`,
    "vacuum analyze app.monitors",
    "vacuum analyze app.monitor_states",
    `insert into app.jobs (region_key, check_kind, check_version, interval_ms, timeout_ms, due_at, ready_at, members)
     select region_key, 'http', 1, ${intervalMs}, ${timeoutMs}, d, d,
            array(select generate_series((i - 1) * ${jobMonitors} + 1, i * ${jobMonitors}))
       from generate_series(1, ${jobs}) i cross join app.regions
      cross join lateral (
        select app.first_tick_after(
          to_timestamp(0) + app.golden_ms((i - 1) * ${regions} + region_key, ${intervalMs}) * interval '1 millisecond',
          ${intervalMs}, now() + ${leadMs(fleet)} * interval '1 millisecond') as d) g
      order by i, region_key`,
    `insert into app.placements (monitor_key, region_key, starts_at, interval_ms, job_id)
     select k, region_key, due_at, interval_ms, job_id from app.jobs, unnest(members) k`,
    "vacuum analyze app.jobs",
    "vacuum analyze app.placements"
  ]) {
    yield* rows(statement)
  }
  const [first] = yield* rows<{ in_ms: number }>(
    "select extract(epoch from min(due_at) - clock_timestamp())::float8 * 1000 as in_ms from app.jobs"
  )
  const inMs = first?.in_ms ?? 0
  if (inMs < 0) return yield* Effect.die(`the first tick was over ${-inMs} ms before the fleet was ready`)
  yield* Effect.sleep(inMs)
})

/** What a worker that has worked before asks for: it knows the members of all jobs. */
export const request = (regionKey: number, { jobs, regions }: Fleet, capacity: number): GrantRequest => ({
  workerKey: regionKey,
  regionKeys: [regionKey],
  capacity,
  horizonMs: 5_000,
  checkTypes: [{ kind: "http", version: 1 }],
  known: Array.from({ length: jobs }, (_, index) => [index * regions + regionKey, 1] as const)
})

/** A tick of a job, every check of which was up, in the order in which the members are. */
export const finished = (job: GrantedJob, regions: number): DecodedSubmission => {
  const first = Math.floor((job.jobId - 1) / regions) * jobMonitors + 1
  return {
    jobId: job.jobId,
    oneOff: false,
    leaseId: job.leaseId,
    tickAt: job.tickAt,
    final: true,
    results: Array.from({ length: jobMonitors }, (_, index) => {
      // Between 20 and 120 ms, other for each run of a monitor.
      const totalUs = 20_000 + ((job.leaseId * 7_919 + index * 104_729) % 100_000)
      return {
        monitorKey: first + index,
        outcome: "up",
        latenessUs: 400,
        errorBoundUs: 50,
        observation: {
          totalUs,
          phases: { dnsUs: 1_100, connectUs: 2_200, tlsUs: 6_300, ttfbUs: totalUs - 10_100, downloadUs: 500 },
          statusCode: 200,
          sizeBytes: 12_345
        }
      }
    })
  }
}
