/**
 * The background duties of a control plane: idempotent statements that any replica may run at any moment. No leader.
 */
import { Duration, Effect, Layer, Schedule } from "effect"
import type { Attempts } from "./accounts/Attempts.ts"
import { AuditLog } from "./accounts/AuditLog.ts"
import type { KnownDevices } from "./accounts/KnownDevices.ts"
import type { PendingSignIns } from "./accounts/PendingSignIns.ts"
import * as People from "./accounts/People.ts"
import type { Sessions } from "./accounts/Sessions.ts"
import type { SetupLinks } from "./accounts/SetupLinks.ts"
import { Retention } from "./aggregate/Retention.ts"
import { Rollups } from "./aggregate/Rollups.ts"
import { Heartbeats } from "./ingest/Heartbeats.ts"
import { OverdueTicks } from "./ingest/OverdueTicks.ts"
import { OneOffJobs } from "./schedule/OneOffJobs.ts"

/** How often each duty runs. A jitter of 20 % keeps replicas apart. */
export const dutyIntervalsMs = {
  overdue: 1_000,
  heartbeats: 1_000,
  presence: 1_000,
  rollups: 30_000,
  oneOffJobs: 60_000,
  retention: 600_000,
  auditLog: 3_600_000,
  people: 600_000
}

/** Runs a duty for ever: a failure is logged and the next round comes all the same. */
const every = <A, E, R>(name: string, intervalMs: number, duty: Effect.Effect<A, E, R>) =>
  duty.pipe(
    Effect.catchCause((cause) => Effect.logWarning("duty failed, it will run again", cause)),
    Effect.annotateLogs({ duty: name }),
    Effect.repeat(Schedule.spaced(Duration.millis(intervalMs)).pipe(Schedule.jittered)),
    Effect.forkScoped
  )

/** Starts all duties; they end with the scope. */
export const layer: Layer.Layer<
  never,
  never,
  | OverdueTicks
  | Heartbeats
  | Rollups
  | Retention
  | OneOffJobs
  | AuditLog
  | Sessions
  | PendingSignIns
  | SetupLinks
  | KnownDevices
  | Attempts
> = Layer.effectDiscard(
  Effect.gen(function* () {
    const overdue = yield* OverdueTicks
    const heartbeats = yield* Heartbeats
    const rollups = yield* Rollups
    const retention = yield* Retention
    const oneOffJobs = yield* OneOffJobs
    const auditLog = yield* AuditLog
    yield* every("overdue", dutyIntervalsMs.overdue, overdue.settle)
    // Apart, so that settling much is not taken for an absence.
    yield* every("presence", dutyIntervalsMs.presence, heartbeats.markPresent)
    yield* every("heartbeats", dutyIntervalsMs.heartbeats, heartbeats.settle)
    yield* every("rollups", dutyIntervalsMs.rollups, rollups.runOnce)
    yield* every("one-off jobs", dutyIntervalsMs.oneOffJobs, oneOffJobs.expire)
    yield* every("retention", dutyIntervalsMs.retention, retention.runOnce)
    yield* every("audit log", dutyIntervalsMs.auditLog, auditLog.expire)
    yield* every("people", dutyIntervalsMs.people, People.expire)
  })
)
