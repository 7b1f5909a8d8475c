/**
 * LEASE: what workers say of themselves, for the list of workers and regions.
 */
import type { CheckType, WorkerRpc } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** One heartbeat. */
export interface WorkerReport {
  readonly workerKey: number
  readonly version: string
  readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
  readonly health: WorkerRpc.WorkerHealth
}

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
        record: Effect.fn("WorkerHealth.record")((report: WorkerReport) => Effect.asVoid(run(upsert(report))))
      })
    })
  )
}
