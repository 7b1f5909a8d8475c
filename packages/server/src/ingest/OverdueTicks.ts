/**
 * INGEST: the duty that ends ticks which nobody executed in time. They become gaps, and jobs move on along their grid.
 */
import { Context, Effect, Layer, Metric } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** How many jobs one statement settles: few enough to end in milliseconds, so that leasing never waits for it. */
const jobsMax = 50

const missedCounter = Metric.counter("openseer_gaps_missed_total", {
  description: "Due instants that became part of a gap",
  incremental: true
})

/** Settles overdue ticks. */
export class OverdueTicks extends Context.Service<
  OverdueTicks,
  {
    /** Settles all ticks that are overdue now and answers how many due instants were missed. Any replica may run it. */
    readonly settle: Effect.Effect<number, DatabaseBusy>
  }
>()("@openseer/server/OverdueTicks") {
  static readonly layer: Layer.Layer<OverdueTicks, never, Database> = Layer.effect(
    OverdueTicks,
    Effect.gen(function* () {
      const { run, sql } = (yield* Database).background
      const settleSome = run(
        sql<{ jobs: number; missed: number }>`select jobs, missed from app.settle_overdue(${jobsMax})`
      )
      const settle = Effect.gen(function* () {
        let missed = 0
        while (true) {
          const [row] = yield* settleSome
          missed += row?.missed ?? 0
          if ((row?.jobs ?? 0) < jobsMax) break
        }
        if (missed > 0) yield* Metric.update(missedCounter, missed)
        return missed
      }).pipe(Effect.withSpan("OverdueTicks.settle"))
      return OverdueTicks.of({ settle })
    })
  )
}
