/**
 * LEASE: what workers say of themselves, for the list of workers and regions.
 */
import type { CheckType, WorkerRpc } from "@openseer/core"
import { Context, Effect, Layer, Metric } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** One heartbeat. */
export interface WorkerReport {
  readonly workerId: string
  readonly workerKey: number
  readonly version: string
  readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
  readonly health: WorkerRpc.WorkerHealth
}

const outboxGauge = Metric.gauge("openseer_worker_outbox_depth", {
  description: "Results that a worker holds until they have a verdict, by its last heartbeat here"
})
const inFlightGauge = Metric.gauge("openseer_worker_runs_in_flight", { description: "Runs going on, by worker" })
const utilizationGauge = Metric.gauge("openseer_worker_loop_utilization", {
  description: "Share of its time that a worker's event loop is busy; above 0.5 its timings suffer"
})

/** Keeps the last heartbeat of each worker. */
export class WorkerHealth extends Context.Service<
  WorkerHealth,
  { readonly record: (report: WorkerReport) => Effect.Effect<void, DatabaseBusy> }
>()("@openseer/server/WorkerHealth") {
  static readonly layer: Layer.Layer<WorkerHealth, never, Database> = Layer.effect(
    WorkerHealth,
    Effect.gen(function* () {
      const { run, sql } = (yield* Database).worker
      /** One row a worker, by primary key; the last one wins. */
      const upsert = (report: WorkerReport) => sql`
        insert into app.worker_health (worker_key, version, check_types, health, seen_at)
        values (${report.workerKey}, ${report.version}, ${JSON.stringify(report.checkTypes)}::jsonb,
                ${JSON.stringify(report.health)}::jsonb, now())
        on conflict (worker_key) do update
           set version = excluded.version, check_types = excluded.check_types, health = excluded.health, seen_at = now()`
      return WorkerHealth.of({
        record: Effect.fn("WorkerHealth.record")(function* (report: WorkerReport) {
          yield* run(upsert(report))
          const worker = { worker: report.workerId }
          yield* Metric.update(Metric.withAttributes(outboxGauge, worker), report.health.outboxDepth)
          yield* Metric.update(Metric.withAttributes(inFlightGauge, worker), report.health.runsInFlight)
          yield* Metric.update(Metric.withAttributes(utilizationGauge, worker), report.health.loopUtilization)
        })
      })
    })
  )
}
