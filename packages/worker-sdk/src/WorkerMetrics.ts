/**
 * What a worker counts. All names begin with `openseer_worker_`.
 */
import { Metric } from "effect"

/** Runs started, by nothing: the outcome is the control plane's to count. */
export const runsStarted = Metric.counter("openseer_worker_runs_started_total", {
  description: "Runs started",
  incremental: true
})

/** Runs that were not started: too late, or the lease would have ended before their timeout. */
export const runsSkipped = Metric.counter("openseer_worker_runs_skipped_total", {
  description: "Runs not started because they were too late or their lease too short",
  incremental: true
})

/** Results by outcome. */
export const results = {
  up: resultCounter("up"),
  degraded: resultCounter("degraded"),
  down: resultCounter("down"),
  error: resultCounter("error")
}

/** Verdicts by kind. */
export const verdicts = {
  stored: verdictCounter("stored"),
  duplicate: verdictCounter("duplicate"),
  fenced: verdictCounter("fenced"),
  refused: verdictCounter("refused")
}

/** How late runs start after their due instant, in seconds. */
export const lateness = Metric.histogram("openseer_worker_run_lateness_seconds", {
  description: "Start of a run after its due instant",
  boundaries: [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60]
})

/** Leases granted to this worker. */
export const leasesGranted = Metric.counter("openseer_worker_leases_granted_total", {
  description: "Leases granted to this worker",
  incremental: true
})

/** Leases that ended or were taken back while their runs were not all done. */
export const leasesLost = Metric.counter("openseer_worker_leases_lost_total", {
  description: "Leases that ended before their runs did",
  incremental: true
})

/** Results that have no verdict yet. */
export const outboxDepth = Metric.gauge("openseer_worker_outbox_results", {
  description: "Results without a verdict"
})

/** Runs going on. */
export const runsInFlight = Metric.gauge("openseer_worker_runs_in_flight", { description: "Runs going on" })

/** The busy share of the event loop since the last heartbeat. */
export const loopUtilization = Metric.gauge("openseer_worker_loop_utilization_ratio", {
  description: "Busy share of the event loop"
})

const memory = Metric.gauge("openseer_worker_shard_memory_bytes", { description: "Resident memory of a shard" })

const ends = Metric.counter("openseer_worker_shard_ends_total", {
  description: "Shards that ended or hung and were started again",
  incremental: true
})

/** What is counted for each shard, by its number from 0. */
export const ofShard = (index: number) => {
  const attributes = { shard: String(index) }
  return {
    runsInFlight: Metric.withAttributes(runsInFlight, attributes),
    loopUtilization: Metric.withAttributes(loopUtilization, attributes),
    memory: Metric.withAttributes(memory, attributes),
    ends: Metric.withAttributes(ends, attributes)
  }
}

function resultCounter(outcome: string) {
  return Metric.counter("openseer_worker_results_total", { description: "Results", incremental: true }).pipe(
    Metric.withAttributes({ outcome })
  )
}

function verdictCounter(verdict: string) {
  return Metric.counter("openseer_worker_verdicts_total", { description: "Verdicts", incremental: true }).pipe(
    Metric.withAttributes({ verdict })
  )
}
