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
import type { GrantRequest } from "./GrantRequest.ts"
import * as JobLeases from "./JobLeases.ts"
import * as OneOffLeases from "./OneOffLeases.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as SealedSpec from "../secrets/SealedSpec.ts"

const askAgainMs = 250

/**
 * A worker is authenticated and its regions are looked up once a call, so a call is held no longer than this: then a
 * revoked worker is refused, and one whose organization got its first `global` monitor sees that region.
 */
const awaitMsMax = 5_000

/** Grants, renews and releases leases. */
export class Leases extends Context.Service<
  Leases,
  {
    /** Leases due jobs, oldest first, until their members reach the capacity. An empty answer is not an error. */
    readonly grant: (request: GrantRequest) => Effect.Effect<ReadonlyArray<WorkerRpc.Job>, DatabaseBusy>
    /**
     * As `grant`, but waits up to `waitMs`, and 5 s at most, for something to lease. It asks the database four times a
     * second: jobs are handed out seconds ahead of their due instant, so that this delays no run.
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
  static readonly layer: Layer.Layer<Leases, never, Database | SecretBox> = Layer.effect(
    Leases,
    Effect.gen(function* () {
      const { worker } = yield* Database
      const { run, sql } = worker
      const box = yield* SecretBox

      const grant = Effect.fn("Leases.grant")(function* (request: GrantRequest) {
        const granted = yield* run(JobLeases.grant(sql, request))
        const oneOffs = yield* run(OneOffLeases.grant(sql, request))
        const known = new Map(request.known)
        const unknown = granted.filter((job) => known.get(job.job_id) !== job.version).map((job) => job.job_id)
        const again = granted.filter((job) => job.attempts > 1).map((job) => job.job_id)
        const members = unknown.length === 0 ? [] : yield* run(JobLeases.membersOf(sql, unknown))
        const oneOffMembers =
          oneOffs.length === 0
            ? []
            : yield* run(
                OneOffLeases.membersOf(
                  sql,
                  oneOffs.map((job) => job.job_id)
                )
              )
        const done = again.length === 0 ? [] : yield* run(JobLeases.doneOf(sql, again))
        yield* Metric.update(grantsCounter, granted.length)
        const membersByJob = Map.groupBy(members.map(openedBy(box)), (row) => row.job_id)
        const oneOffMembersByJob = Map.groupBy(oneOffMembers.map(openedBy(box)), (row) => row.job_id)
        const unopened = [...membersByJob.values(), ...oneOffMembersByJob.values()].flat().flatMap((row) => row.missing)
        if (unopened.length > 0) {
          yield* Effect.logWarning("secrets can't be opened: their monitors are in error, see openseer doctor").pipe(
            Effect.annotateLogs({ keys: [...new Set(unopened)].join(", ") })
          )
        }
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

      const renew = Effect.fn("Leases.renew")(function* (workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) {
        const renewed = yield* run(JobLeases.renew(sql, workerKey, leases))
        const oneOffs = leases.some(({ oneOff }) => oneOff)
          ? yield* run(OneOffLeases.renew(sql, workerKey, leases))
          : []
        const rows = [...renewed, ...oneOffs]
        return rows.map((row) => ({
          jobId: row.job_id,
          oneOff: row.one_off,
          leaseId: row.lease_id,
          leaseMs: Math.floor(row.lease_ms)
        }))
      })

      const release = Effect.fn("Leases.release")(function* (
        workerKey: number,
        leases: ReadonlyArray<WorkerRpc.LeaseRef>
      ) {
        const jobs = yield* run(JobLeases.release(sql, workerKey, leases))
        const oneOffs = yield* run(OneOffLeases.release(sql, workerKey, leases))
        return jobs.length + oneOffs.length
      })

      return Leases.of({ grant, await: awaitJobs, renew, release })
    })
  )
}

const grantsCounter = Metric.counter("openseer_lease_grants_total", { description: "Jobs leased", incremental: true })

/** A member with its secrets clear, or with the keys that are missing. */
type OpenedMember = JobLeases.MemberRow & Pick<SealedSpec.OpenedSpec, "missing">

/** The version of a job with members that could not be opened. No job has it, so they are asked for and tried again. */
const neverKnown = 0

const noneMissing: ReadonlyArray<string> = []

/** Opens the secrets of a member, if it has any. They are clear from here to the answer, and nowhere else. */
const openedBy =
  (box: SecretBox["Service"]) =>
  (row: JobLeases.MemberRow): OpenedMember =>
    row.sealed_for === null
      ? Object.assign(row, { missing: noneMissing })
      : { ...row, ...SealedSpec.opened(box, { organizationId: row.sealed_for, monitorId: row.monitor_id }, row.spec) }

const toJob = (
  row: JobLeases.GrantedJob,
  members: ReadonlyArray<OpenedMember> | undefined,
  done: ReadonlyArray<number> | undefined
): WorkerRpc.Job => ({
  jobId: row.job_id,
  oneOff: row.one_off,
  leaseId: row.lease_id,
  version: members?.some(({ missing }) => missing.length > 0) === true ? neverKnown : row.version,
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
