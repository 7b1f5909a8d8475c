/**
 * What executes the runs of leases, as the rest of a worker sees it: in this process (`Runner`), or in processes of their
 * own (`ShardPool`).
 */
import type { WorkerRpc } from "@openseer/core"
import type { Effect } from "effect"
import type { Lease } from "./Lease.ts"
import type { MemberRun } from "./PreparedRun.ts"

/** The part of a heartbeat that whoever executes runs knows. */
export type RunnerHealth = Omit<WorkerRpc.WorkerHealth, "outboxDepth">

/** A job that came with its members. */
export type JobWithMembers = WorkerRpc.Job & { readonly members: ReadonlyArray<WorkerRpc.JobMember> }

/** Executes runs on time. What `prepare` gives is handed back to `plan` at this and the following ticks of the job. */
export interface LeaseRunner<Run extends MemberRun> {
  /** Takes in a job's members, once for each version of the job. */
  prepare(job: JobWithMembers): ReadonlyArray<Run>
  /** Lets go of what was prepared for jobs: it will not be planned again. */
  forget(jobIds: ReadonlyArray<number>): void
  /** Plans the runs of a lease, given the instant of its tick. A lease without runs is over at once. */
  plan(lease: Lease, tickDueAt: number, runs: ReadonlyArray<Run>): void
  /** Notes that the trust window of a lease has moved. */
  extend(lease: Lease): void
  /** Gives a lease up: stops its runs, which will have no results. */
  drop(lease: Lease): void
  /** Starts no further run, for good; those going on go on. Afterwards `isRunning` is exact. */
  readonly pause: Effect.Effect<void>
  /** Whether runs of a lease are going on. */
  isRunning(lease: Lease): boolean
  /** Runs going on. */
  readonly inFlight: number
  /** Runs that have not come to an end: waiting or going on. */
  readonly outstanding: number
  /** How many more runs may be leased now, and how many there may be at most: see `Admission`. */
  readonly room: { readonly runs: number; readonly runsMax: number }
  /** How it is doing, since the last call where that matters. */
  takeHealth(): RunnerHealth
  /** The next leases that were lost with the process that had them: dropped already, to be released. */
  readonly lost: Effect.Effect<ReadonlyArray<Lease>>
}
