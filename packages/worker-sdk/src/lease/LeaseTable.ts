/**
 * The leases that this worker holds: taken in, renewed while their tick is going on, given up in time, released.
 */
import type { WorkerRpc } from "@openseer/core"
import { Effect } from "effect"
import * as Backoff from "../Backoff.ts"
import { ControlPlane, type JobsAnswer } from "../ControlPlane.ts"
import * as WorkerMetrics from "../WorkerMetrics.ts"
import type { WorkerStopped } from "../WorkerStopped.ts"
import { WorkerToken } from "../WorkerToken.ts"
import type { JobCache } from "./JobCache.ts"
import { keyOf, type Lease, trustWindow } from "./Lease.ts"
import type { LeaseRunner } from "./LeaseRunner.ts"
import type { MemberRun } from "./PreparedRun.ts"
import { RoundTrip } from "./RoundTrip.ts"

/** How often leases are looked at, in milliseconds: small against the margin of the trust window. */
const lookMs = 250

/** The most leases in one call. */
const leasesMax = 1_000

/** See the methods of what {@link make} gives. */
export interface LeaseTable {
  /** How many leases are held: their runs are not all done. */
  readonly size: () => number
  /** Takes the jobs of an answer in and plans their runs. Gives the answer back. */
  readonly accept: (answer: JobsAnswer) => Effect.Effect<JobsAnswer>
  /** Forgets a lease whose runs are all done. */
  readonly complete: (lease: Lease) => void
  /** The leases whose runs are not all done. */
  readonly held: () => ReadonlyArray<Lease>
  /** Stops the runs of leases and gives them back to the control plane, so that another worker has them at once. */
  readonly release: (leases: ReadonlyArray<Lease>) => Effect.Effect<void>
  /** Renews leases, and stops the runs of those that could not be renewed in time, until interrupted. */
  readonly run: Effect.Effect<never, WorkerStopped>
}

/** Makes the table. */
export const make = Effect.fnUntraced(function* <Run extends MemberRun>(options: {
  readonly runner: LeaseRunner<Run>
  readonly cache: JobCache<Run>
}) {
  const controlPlane = yield* ControlPlane
  const token = yield* WorkerToken
  const context = yield* Effect.context<never>()
  const { cache, runner } = options
  const leases = new Map<string, Lease>()
  const roundTrip = new RoundTrip()

  const accept = Effect.fnUntraced(function* (answer: JobsAnswer) {
    const { jobs, receivedAt, sentAt, servedMs } = answer
    roundTrip.add(receivedAt - sentAt - servedMs)
    // Durations of the answer count from its sending: at about `answeredAt`, and certainly not before `earliestAt`.
    const answeredAt = receivedAt - roundTrip.oneWayMs
    const earliestAt = Math.min(sentAt + servedMs, receivedAt)
    const unknown: Array<WorkerRpc.LeaseRef> = []
    for (const job of jobs) {
      const ref = { jobId: job.jobId, oneOff: job.oneOff, leaseId: job.leaseId }
      const dueAt = answeredAt + job.dueInMs
      const runs = cache.runsOf(job, dueAt)
      if (runs === undefined) {
        unknown.push(ref)
        continue
      }
      const done = new Set(job.done)
      const wanted = done.size === 0 ? runs : runs.filter(({ monitorKey }) => !done.has(monitorKey))
      const plannedEndAt = wanted.reduce((end, run) => Math.max(end, dueAt + run.offsetMs + run.timeoutMs), dueAt)
      const lease: Lease = {
        ref,
        tickAt: job.tickAt,
        regionName: job.regionName,
        intervalMs: job.intervalMs,
        latenessMaxMs: job.latenessMaxMs,
        plannedEndAt,
        ...trustWindow(earliestAt, job.leaseMs, plannedEndAt),
        pending: 0,
        dropped: false
      }
      leases.set(keyOf(ref), lease)
      runner.plan(lease, dueAt, wanted)
    }
    cache.trim()
    WorkerMetrics.leasesGranted.updateUnsafe(jobs.length, context)
    if (unknown.length > 0) yield* releaseRefs(unknown)
    return answer
  })

  const releaseRefs = (refs: ReadonlyArray<WorkerRpc.LeaseRef>): Effect.Effect<void> =>
    Effect.forEach(
      chunks(refs),
      (chunk) =>
        token
          .authorized(controlPlane.releaseJobs(chunk))
          .pipe(Effect.catch((error) => Effect.logWarning(`leases were not released: ${error.message}`))),
      { discard: true }
    )

  const lose = (lost: ReadonlyArray<Lease>, why: string): Effect.Effect<void> => {
    if (lost.length === 0) return Effect.void
    for (const lease of lost) {
      leases.delete(keyOf(lease.ref))
      runner.drop(lease)
    }
    WorkerMetrics.leasesLost.updateUnsafe(lost.length, context)
    return Effect.logWarning(`leases lost, their runs are stopped: ${why}`).pipe(
      Effect.annotateLogs({ leases: lost.length })
    )
  }

  const expire = Effect.suspend(() => {
    const now = performance.now()
    return lose(
      [...leases.values()].filter(({ deadlineAt }) => deadlineAt <= now),
      "they could not be renewed in time"
    )
  })

  const renew = Effect.fn("LeaseTable.renew")(function* (due: ReadonlyArray<Lease>) {
    const { leases: renewed, sentAt } = yield* token.authorized(controlPlane.renewLease(due.map(({ ref }) => ref)))
    const renewedMs = new Map(renewed.map((lease) => [keyOf(lease), lease.leaseMs]))
    for (const lease of due) {
      const leaseMs = renewedMs.get(keyOf(lease.ref))
      if (leaseMs === undefined) continue
      Object.assign(lease, trustWindow(sentAt, leaseMs, lease.plannedEndAt))
      runner.extend(lease)
    }
    yield* lose(
      due.filter((lease) => !renewedMs.has(keyOf(lease.ref)) && leases.has(keyOf(lease.ref))),
      "the control plane did not renew them"
    )
  })

  const renewDue = Effect.suspend(() => {
    const now = performance.now()
    const due = [...leases.values()].filter(({ renewAt }) => renewAt <= now)
    return Effect.forEach(chunks(due), renew, { discard: true })
  })

  const renewing = Effect.forever(
    Effect.andThen(Effect.sleep(lookMs), Backoff.untilAvailable(controlPlane.reached, "renewing leases", renewDue))
  )
  const expiring = Effect.forever(Effect.andThen(Effect.sleep(lookMs), expire))

  return {
    size: () => leases.size,
    accept,
    complete: (lease) => void leases.delete(keyOf(lease.ref)),
    held: () => [...leases.values()],
    release: (released) =>
      Effect.suspend(() => {
        for (const lease of released) {
          leases.delete(keyOf(lease.ref))
          runner.drop(lease)
        }
        return releaseRefs(released.map(({ ref }) => ref))
      }),
    run: Effect.raceFirst(renewing, expiring)
  } satisfies LeaseTable
})

const chunks = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / leasesMax) }, (_, i) => items.slice(i * leasesMax, (i + 1) * leasesMax))
