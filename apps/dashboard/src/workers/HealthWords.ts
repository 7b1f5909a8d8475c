/**
 * How workers and regions are, in words.
 */
import type { Region, Worker } from "@openseer/core/contract/AccountsApi"
import { counted } from "~/charts/Quantity.ts"

/** A tone and what to say. */
export interface Saying {
  readonly state: "up" | "degraded" | "unknown" | "paused"
  readonly word: string
  readonly sentence: string
}

/** A region by its workers. Without a healthy one nobody looks at its monitors: they are unknown, and not down. */
export const regionSaying = ({ workersHealthy, workersLost }: Region): Saying => {
  if (workersHealthy === 0) {
    return workersLost === 0
      ? { state: "unknown", word: "No worker", sentence: "No worker: its monitors are unknown." }
      : {
          state: "unknown",
          word: "Lost",
          sentence: `${counted(workersLost, "worker")} lost, none healthy: its monitors are unknown.`
        }
  }
  const healthy = counted(workersHealthy, "healthy worker")
  return workersLost === 0
    ? { state: "up", word: "Healthy", sentence: `${healthy}.` }
    : { state: "degraded", word: "Worker lost", sentence: `${healthy}, ${workersLost} lost: the others do its work.` }
}

/** The status of a worker. */
export const workerSaying = (status: Worker["status"]): Saying =>
  ({
    healthy: { state: "up", word: "Healthy", sentence: "It was heard of in the last 30 s." },
    lost: { state: "degraded", word: "Lost", sentence: "Nothing was heard of it for more than 30 s." },
    revoked: { state: "paused", word: "Revoked", sentence: "Its token is refused, for good." }
  })[status] as Saying

/** Whether runs begin so late that their times say little of the target. */
export const isLate = (us: number): boolean => us >= 250_000

/** Whether the event loop is busy for so long that measured times suffer. */
export const isBusy = (utilization: number): boolean => utilization >= 0.6

/** A reading of the counter of runs. */
export interface Reading {
  readonly at: number
  readonly runs: number
}

/** Runs a second between two readings; undefined when the counter began anew, or it is the same heartbeat. */
export const runsPerSecond = (before: Reading | undefined, now: Reading): number | undefined =>
  before === undefined || now.at <= before.at || now.runs < before.runs
    ? undefined
    : (now.runs - before.runs) / ((now.at - before.at) / 1_000)
