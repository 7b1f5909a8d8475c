/**
 * LEASE: hands jobs out to workers, extends and takes back leases. The only stage that grants and releases.
 *
 * A lease is the pair (`ready_at`, `lease_id`) on a job's row: until `ready_at` the tick belongs to the worker that holds
 * `lease_id`. An expired lease needs no reaper, since its `ready_at` has simply come: the next grant takes the job with a
 * new `lease_id`, and whatever the old holder still submits is fenced. All instants are the database's.
 *
 * A free job is handed out up to 5 s ahead of its due instant; one whose lateness has passed is left to ingest, which
 * turns its ticks into a gap. After three grants of one tick it is left to ingest as well.
 */
import type { WorkerRpc } from "@openseer/core"
import { Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** How long a lease outlives the longest timeout of its job: the time to submit, and the worker's own margin of 2 s. */
export const leaseGraceMs = 5_000

/** The most jobs in one grant: 100 jobs are up to 10,000 runs. */
export const grantJobsMax = 100

const askAgainMs = 250

/**
 * A worker is authenticated and its regions are looked up once a call, so a call is held no longer than this: then a
 * revoked worker is refused, and one whose organization got its first `global` monitor sees that region.
 */
const awaitMsMax = 5_000

/** What a worker asks for. */
export interface GrantRequest {
  readonly workerKey: number
  readonly regionKeys: ReadonlyArray<number>
  readonly capacity: number
  readonly horizonMs: number
  readonly checkTypes: ReadonlyArray<{ readonly kind: string; readonly version: number }>
  readonly known: ReadonlyArray<readonly [jobId: number, version: number]>
}

/** Grants, renews and releases leases. */
export class Leases extends Context.Service<
  Leases,
  {
    /** Leases due jobs, oldest first, until their members reach the capacity. An empty answer is not an error. */
    readonly grant: (request: GrantRequest) => Effect.Effect<ReadonlyArray<WorkerRpc.Job>, DatabaseBusy>
    /**
     * As `grant`, but waits up to `waitMs`, and 5 s at most, for something to lease. It asks the database four times a second: jobs are
     * handed out seconds ahead of their due instant, so that this delays no run.
     */
    readonly await: (request: GrantRequest, waitMs: number) => Effect.Effect<ReadonlyArray<WorkerRpc.Job>, DatabaseBusy>
    /** Extends the leases that this worker still holds and answers them with their new length. */
    readonly renew: (
      workerKey: number,
      leases: ReadonlyArray<WorkerRpc.LeaseRef>
    ) => Effect.Effect<ReadonlyArray<WorkerRpc.LeaseRef & { readonly leaseMs: number }>, DatabaseBusy>
    /** Gives leases back: another worker may have their ticks at once. Answers how many this worker still held. */
    readonly release: (
      workerKey: number,
      leases: ReadonlyArray<WorkerRpc.LeaseRef>
    ) => Effect.Effect<number, DatabaseBusy>
  }
>()("@openseer/server/Leases") {
  static readonly layer: Layer.Layer<Leases, never, Database> = Layer.effect(
    Leases,
    Effect.gen(function* () {
      const { worker } = yield* Database
      const { run, sql } = worker

      /**
       * Locks the jobs it hands out and skips those that another transaction has locked. Safe to run twice: the second
       * run finds them leased. Served by `jobs_ready`, in order and region by region, so that it reads what it takes and
       * not all that is ready. How many it locks follows from the size of the first three: locking a hundred to take
       * five cost 11 bytes of log a run. The check types are compared by `array_position` because the planner expects
       * one row in 200 of an `any`, and then sorts the whole table.
       */
      const grantJobs = (request: GrantRequest) => sql<GrantedJob>`
        with picked as materialized (
          select p.*, g.name as region_name
            from app.regions g cross join lateral (
              select j.job_id, j.ready_at, cardinality(j.members) as size from app.jobs j
               where j.region_key = g.region_key
                 and j.ready_at <= now() + ${request.horizonMs} * interval '1 millisecond'
                 and (j.lease_id is null or j.ready_at <= now())
                 and j.due_at + app.lateness_max(j.interval_ms) > now()
                 and j.attempts < 3 and j.members <> '{}'
                 and array_position(${kinds(request.checkTypes)}::text[],
                                    j.check_kind || '@' || j.check_version) is not null
               order by j.ready_at
               limit (select least(${grantJobsMax}, ceil(${request.capacity}::float8 / avg(size))) from (
                 select cardinality(f.members) as size from app.jobs f
                  where f.region_key = g.region_key and f.members <> '{}'
                    and f.ready_at <= now() + ${request.horizonMs} * interval '1 millisecond'
                  order by f.ready_at limit 3) first)
               for update skip locked) p
           where g.region_key = any (${keys(request.regionKeys)}::smallint[])
        ), chosen as (
          select job_id, region_name from (
            select job_id, region_name, sum(size) over (order by ready_at, job_id) - size as before from picked) s
           where before < ${request.capacity}
        )
        update app.jobs j
           set ready_at = greatest(j.due_at, now())
                 + (app.spread_ms(j.interval_ms) + j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
               lease_id = nextval('app.lease_id'), worker_key = ${request.workerKey}, attempts = j.attempts + 1
          from chosen
         where j.job_id = chosen.job_id
        returning j.job_id, false as one_off, j.lease_id::float8, j.version, j.check_kind, j.check_version::int,
                  chosen.region_name, extract(epoch from j.due_at)::float8 * 1000 as tick_ms,
                  extract(epoch from j.due_at - clock_timestamp())::float8 * 1000 as due_in_ms,
                  extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms,
                  j.interval_ms, j.attempts::int`

      /** As {@link grantJobs}, for checks that run once. Served by `one_off_jobs_ready`. */
      const grantOneOffs = (request: GrantRequest) => sql<GrantedJob>`
        with picked as (
          select job_id from app.one_off_jobs
           where region_key = any (${keys(request.regionKeys)}::smallint[]) and finished_at is null
             and ready_at <= now() and expires_at > now() and attempts < 3
             and check_kind || '@' || check_version = any (${kinds(request.checkTypes)}::text[])
           order by ready_at limit ${Math.min(grantJobsMax, request.capacity)} for update skip locked
        )
        update app.one_off_jobs j
           set ready_at = now() + (j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
               lease_id = nextval('app.lease_id'), worker_key = ${request.workerKey}, attempts = j.attempts + 1
          from picked, app.regions g
         where j.job_id = picked.job_id and g.region_key = j.region_key
        returning j.job_id, true as one_off, j.lease_id::float8, 1 as version, j.check_kind, j.check_version::int,
                  g.name as region_name, extract(epoch from j.requested_at)::float8 * 1000 as tick_ms, 0 as due_in_ms,
                  extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms,
                  86400000 as interval_ms, j.attempts::int`

      /** What the members of some jobs are to check. Members that were deleted since are left out. */
      const membersOf = (jobIds: ReadonlyArray<number>) => sql<MemberRow>`
        select j.job_id, m.monitor_key, m.monitor_id, app.offset_ms(m.monitor_key, j.interval_ms) as offset_ms,
               m.timeout_ms, m.spec, m.assertions
          from app.jobs j cross join unnest(j.members) as k join app.monitors m on m.monitor_key = k
         where j.job_id = any (${keys(jobIds)}::int[])`

      const oneOffMembersOf = (jobIds: ReadonlyArray<number>) => sql<MemberRow>`
        select j.job_id, j.job_id as monitor_key, coalesce(m.monitor_id, '') as monitor_id, 0 as offset_ms,
               j.timeout_ms, j.spec, j.assertions
          from app.one_off_jobs j left join app.monitors m using (monitor_key)
         where j.job_id = any (${keys(jobIds)}::int[])`

      /** Which members of some jobs already have a result of the tick that is due. */
      const doneOf = (jobIds: ReadonlyArray<number>) => sql<{ job_id: number; monitor_key: number }>`
        select j.job_id, r.monitor_key
          from app.jobs j cross join unnest(j.members) as k join ts.results_raw r
            on r.monitor_key = k and r.region_key = j.region_key
           and r.due_at = j.due_at + app.offset_ms(k, j.interval_ms) * interval '1 millisecond'
         where j.job_id = any (${keys(jobIds)}::int[])`

      const grant = Effect.fn("Leases.grant")(function* (request: GrantRequest) {
        const granted = yield* run(grantJobs(request))
        const oneOffs = yield* run(grantOneOffs(request))
        const known = new Map(request.known)
        const unknown = granted.filter((job) => known.get(job.job_id) !== job.version).map((job) => job.job_id)
        const again = granted.filter((job) => job.attempts > 1).map((job) => job.job_id)
        const members = unknown.length === 0 ? [] : yield* run(membersOf(unknown))
        const oneOffMembers = oneOffs.length === 0 ? [] : yield* run(oneOffMembersOf(oneOffs.map((job) => job.job_id)))
        const done = again.length === 0 ? [] : yield* run(doneOf(again))
        yield* Metric.update(grantsCounter, granted.length)
        const membersByJob = Map.groupBy(members, (row) => row.job_id)
        const oneOffMembersByJob = Map.groupBy(oneOffMembers, (row) => row.job_id)
        const doneByJob = Map.groupBy(done, (row) => row.job_id)
        return [
          ...granted.map((row) =>
            toJob(
              row,
              known.get(row.job_id) === row.version ? undefined : (membersByJob.get(row.job_id) ?? []),
              doneByJob.get(row.job_id)?.map((d) => d.monitor_key)
            )
          ),
          ...oneOffs.map((row) => toJob(row, oneOffMembersByJob.get(row.job_id) ?? [], undefined))
        ]
      })

      const awaitJobs = Effect.fn("Leases.await")(function* (request: GrantRequest, waitMs: number) {
        const startedAt = yield* Clock.currentTimeMillis
        while (true) {
          const jobs = yield* grant(request)
          const leftMs = Math.min(waitMs, awaitMsMax) - ((yield* Clock.currentTimeMillis) - startedAt)
          if (jobs.length > 0 || leftMs <= 0) return jobs
          yield* Effect.sleep(Duration.millis(Math.min(askAgainMs, leftMs)))
        }
      })

      /**
       * Moves the expiry of leases that are still the current ones, at most to one interval and a minute after the tick,
       * so that a worker can't keep a job for ever. Locks the rows it moves; safe to run twice.
       */
      const renewJobs = (workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) => sql<RenewedLease>`
        update app.jobs j
           set ready_at = greatest(j.ready_at, least(
                 now() + (j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
                 j.due_at + (j.interval_ms + 60000) * interval '1 millisecond'))
          from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
         where j.job_id = l."jobId" and j.lease_id = l."leaseId" and not l."oneOff" and j.worker_key = ${workerKey}
        returning j.job_id, false as one_off, j.lease_id::float8,
                  extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms`

      /** As {@link renewJobs}, at most to a minute after the run was to be leased. */
      const renewOneOffs = (workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) => sql<RenewedLease>`
        update app.one_off_jobs j
           set ready_at = greatest(j.ready_at, least(
                 now() + (j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
                 j.expires_at + interval '1 minute'))
          from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
         where j.job_id = l."jobId" and j.lease_id = l."leaseId" and l."oneOff" and j.worker_key = ${workerKey}
           and j.finished_at is null
        returning j.job_id, true as one_off, j.lease_id::float8,
                  extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms`

      const renew = Effect.fn("Leases.renew")(function* (workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) {
        const renewed = yield* run(renewJobs(workerKey, leases))
        const oneOffs = leases.some(({ oneOff }) => oneOff) ? yield* run(renewOneOffs(workerKey, leases)) : []
        const rows = [...renewed, ...oneOffs]
        return rows.map((row) => ({
          jobId: row.job_id,
          oneOff: row.one_off,
          leaseId: row.lease_id,
          leaseMs: Math.floor(row.lease_ms)
        }))
      })

      /** Makes jobs free at their tick again. The attempt counts: a tick that three workers gave back is abandoned. */
      const releaseJobs = (workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) => sql<{ job_id: number }>`
        update app.jobs j set ready_at = j.due_at, lease_id = null, worker_key = null
          from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
         where j.job_id = l."jobId" and j.lease_id = l."leaseId" and not l."oneOff" and j.worker_key = ${workerKey}
        returning j.job_id`

      const releaseOneOffs = (workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) => sql<{ job_id: number }>`
        update app.one_off_jobs j set ready_at = now(), lease_id = null, worker_key = null
          from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
         where j.job_id = l."jobId" and j.lease_id = l."leaseId" and l."oneOff" and j.worker_key = ${workerKey}
           and j.finished_at is null
        returning j.job_id`

      const release = Effect.fn("Leases.release")(function* (
        workerKey: number,
        leases: ReadonlyArray<WorkerRpc.LeaseRef>
      ) {
        const jobs = yield* run(releaseJobs(workerKey, leases))
        const oneOffs = yield* run(releaseOneOffs(workerKey, leases))
        return jobs.length + oneOffs.length
      })

      return Leases.of({ grant, await: awaitJobs, renew, release })
    })
  )
}

const grantsCounter = Metric.counter("openseer_lease_grants_total", { description: "Jobs leased", incremental: true })

interface GrantedJob {
  readonly job_id: number
  readonly one_off: boolean
  readonly lease_id: number
  readonly version: number
  readonly check_kind: string
  readonly check_version: number
  readonly region_name: string
  readonly tick_ms: number
  readonly due_in_ms: number
  readonly lease_ms: number
  readonly interval_ms: number
  readonly attempts: number
}

interface MemberRow {
  readonly job_id: number
  readonly monitor_key: number
  readonly monitor_id: string
  readonly offset_ms: number
  readonly timeout_ms: number
  readonly spec: WorkerRpc.JobMember["spec"]
  readonly assertions: WorkerRpc.JobMember["assertions"]
}

interface RenewedLease {
  readonly job_id: number
  readonly one_off: boolean
  readonly lease_id: number
  readonly lease_ms: number
}

/** A PostgreSQL array literal of integers: the driver infers other types for empty and mixed arrays. */
const keys = (numbers: ReadonlyArray<number>): string => `{${numbers.join(",")}}`

/** A PostgreSQL array literal of `kind@version`; kinds are letters, digits and dashes, so nothing needs quoting. */
const kinds = (checkTypes: GrantRequest["checkTypes"]): string =>
  `{${checkTypes.map(({ kind, version }) => `${kind}@${version}`).join(",")}}`

const toJob = (
  row: GrantedJob,
  members: ReadonlyArray<MemberRow> | undefined,
  done: ReadonlyArray<number> | undefined
): WorkerRpc.Job => ({
  jobId: row.job_id,
  oneOff: row.one_off,
  leaseId: row.lease_id,
  version: row.version,
  checkType: { kind: row.check_kind, version: row.check_version },
  regionName: row.region_name,
  tickAt: Math.round(row.tick_ms),
  dueInMs: Math.round(row.due_in_ms),
  intervalMs: row.interval_ms,
  leaseMs: Math.floor(row.lease_ms),
  latenessMaxMs: Math.min(row.interval_ms, 60_000),
  ...(members === undefined
    ? {}
    : {
        members: members.map((member) => ({
          monitorKey: member.monitor_key,
          monitorId: member.monitor_id,
          offsetMs: member.offset_ms,
          timeoutMs: member.timeout_ms,
          spec: member.spec,
          assertions: member.assertions
        }))
      }),
  ...(done === undefined ? {} : { done })
})
