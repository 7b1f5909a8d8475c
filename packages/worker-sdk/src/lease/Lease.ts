/**
 * A lease as its worker holds it: the exclusive right to one tick of one job, for a time.
 *
 * All instants are milliseconds of the monotonic clock. The trust window is what makes a stopped, stalled or cut-off
 * worker harmless: a lease that was granted at some moment between the sending of the request and the arrival of the
 * answer is taken to run from the earliest of these moments, less a margin. Before the control plane can grant the tick
 * to somebody else, this worker has stopped. (Should it not have: the fencing number refuses its results.)
 */
import type { WorkerRpc } from "@openseer/core"
import type { PreparedRun } from "./PreparedRun.ts"

/** How long before a lease's end a worker takes it to be over, in milliseconds. */
export const marginMs = 2_000

/** A tick that this worker may execute. `pending` counts the runs that have not come to an end. */
export interface Lease {
  readonly ref: WorkerRpc.LeaseRef
  readonly tickAt: number
  readonly regionName: string
  readonly intervalMs: number
  readonly latenessMaxMs: number
  /** When all runs are over if each starts on time and takes all of its timeout. */
  readonly plannedEndAt: number
  /** The end of the trust window: no run goes on after it. */
  deadlineAt: number
  /** When to ask for more time, if runs are still to end. */
  renewAt: number
  pending: number
  /** Given up, by us or by the control plane: its runs are stopped and its tick is not completed. */
  dropped: boolean
}

/** One run that waits for its due instant. */
export interface PlannedRun {
  readonly dueAt: number
  readonly lease: Lease
  readonly run: PreparedRun
}

/** What identifies a lease among all of a worker's. */
export const keyOf = (ref: WorkerRpc.LeaseRef): string => `${ref.oneOff ? "once" : "job"}:${ref.jobId}:${ref.leaseId}`

/** How long before the end of the trust window a tick must be planned to be over, to need no renewal. In ms. */
const slackMs = 1_000

/**
 * The trust window of a lease of `leaseMs` that was granted at `earliestAt` or later, for a tick whose runs are over by
 * `plannedEndAt` if all goes well. Such a tick is not renewed unless it goes on longer than planned: most are granted for
 * long enough, and a renewal is a write. One that does not fit is renewed half-way.
 */
export const trustWindow = (
  earliestAt: number,
  leaseMs: number,
  plannedEndAt: number
): { readonly deadlineAt: number; readonly renewAt: number } => {
  const deadlineAt = earliestAt + leaseMs - marginMs
  const halfAt = (earliestAt + deadlineAt) / 2
  return { deadlineAt, renewAt: plannedEndAt + slackMs <= deadlineAt ? Math.max(halfAt, plannedEndAt) : halfAt }
}
