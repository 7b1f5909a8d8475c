/**
 * What the supervisor and its shards say to each other, in batches: plain data that survives JSON.
 *
 * Both ends are the same program, so nothing is validated. All instants are the machine's (`MachineClock`). A lease has a
 * number that is never used again, so that a word about one that is long over is understood as such.
 */
import type { CheckType, WorkerRpc } from "@openseer/core"
import type { Lease } from "../lease/Lease.ts"

/** The most commands or results in one message: what a loop does at once delays what it measures. */
export const batchMax = 64

/** Identifies a job in a shard: standing and one-off jobs are numbered apart. */
export type JobKey = `job:${number}` | `once:${number}`

/** The key of a job. */
export const jobKeyOf = ({ jobId, oneOff }: Pick<WorkerRpc.LeaseRef, "jobId" | "oneOff">): JobKey =>
  oneOff ? `once:${jobId}` : `job:${jobId}`

/** A lease on its way: its instants are the machine's. */
export type LeaseData = Omit<Lease, "pending" | "dropped">

/** What a supervisor wants of a shard. */
export type Command =
  /** The first one: how many runs may go on at the same time. */
  | { readonly _tag: "Begin"; readonly concurrency: number }
  /** The members of a job, to be remembered until the next definition or `Forget`. */
  | {
      readonly _tag: "Define"
      readonly jobKey: JobKey
      readonly checkType: CheckType.CheckTypeRef
      readonly members: ReadonlyArray<WorkerRpc.JobMember>
    }
  | { readonly _tag: "Forget"; readonly jobKey: JobKey }
  /** Runs to start. Without `monitorKeys`, those of all members. A job that runs once is forgotten with this. */
  | {
      readonly _tag: "Plan"
      readonly number: number
      readonly lease: LeaseData
      readonly tickDueAt: number
      readonly monitorKeys?: ReadonlyArray<number>
    }
  | { readonly _tag: "Extend"; readonly number: number; readonly deadlineAt: number; readonly renewAt: number }
  | { readonly _tag: "Drop"; readonly number: number }
  | { readonly _tag: "Pause" }
  | { readonly _tag: "Ping" }

/** How a shard's loop is doing: counted since its beginning. `activeMs` is the time for which its loop was busy. */
export interface ShardState {
  readonly activeMs: number
  readonly started: number
  readonly inFlight: number
  readonly rssBytes: number
}

/** What a shard says. */
export type Report =
  /** It is there and waits for `Begin`. */
  | {
      readonly _tag: "Ready"
      readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
      readonly state: ShardState
    }
  /** Encoded results by the number of their lease, then the leases that are over. */
  | {
      readonly _tag: "Done"
      readonly results: ReadonlyArray<readonly [number: number, result: unknown]>
      readonly over: ReadonlyArray<number>
      readonly inFlight: number
    }
  /** The answer to `Pause`: the leases of which runs are going on. */
  | { readonly _tag: "Paused"; readonly running: ReadonlyArray<number>; readonly inFlight: number }
  /** The answer to `Ping`. */
  | { readonly _tag: "Pong"; readonly state: ShardState }
