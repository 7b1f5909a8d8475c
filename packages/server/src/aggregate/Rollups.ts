/**
 * AGGREGATE: the duty that rolls results up into hours and days, in steps that any replica may take at any moment.
 *
 * Closing an hour, rolling it up, building late cells again and rolling up days each have transactions of their own:
 * an hour must be closed for everyone before it is read, or a result that commits in between would be in neither.
 */
import { Context, Duration, Effect, Layer, Metric } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** How long after its end an hour is closed: by then nearly all of its runs are stored. What comes later is late. */
export const closingGrace = Duration.minutes(2)

/** How many late marks one statement takes, each of up to 500 monitors in one hour. */
const dirtyMarksMax = 200

/** How many marks of a day one statement takes, of up to 1000 monitors each: some 5 s of work on one core. */
const dayMarksMax = 10

/** What one round did. */
export interface RollupReport {
  readonly hoursClosed: number
  readonly hoursRolled: number
  /** Hours of a region that late results or gaps made it build again. */
  readonly lateHours: number
  readonly dayMarks: number
}

const lateCounter = Metric.counter("openseer_rollup_late_hours_total", {
  description: "Hours of a region that were built again because something came late",
  incremental: true
})

/** Rolls up. */
export class Rollups extends Context.Service<
  Rollups,
  {
    /** Rolls up all that can be rolled up now. Building twice gives the same rows. */
    readonly runOnce: Effect.Effect<RollupReport, DatabaseBusy>
  }
>()("@openseer/server/Rollups") {
  static readonly layer: Layer.Layer<Rollups, never, Database> = Layer.effect(
    Rollups,
    Effect.gen(function* () {
      const { run, sql } = (yield* Database).background

      const closeNextHour = run(sql<{ n: number }>`
        select ts.close_next_hour(now() - ${Duration.toMillis(closingGrace)}::int * interval '1 millisecond')::int as n`)
      const rollNextHour = run(sql<{ n: number }>`select ts.roll_next_hour()::int as n`)
      const rollDirty = run(sql<{ n: number }>`select ts.roll_dirty(${dirtyMarksMax}) as n`)
      const rollDays = run(sql<{ n: number }>`select ts.roll_days(${dayMarksMax}) as n`)

      const runOnce = Effect.gen(function* () {
        const hoursClosed = yield* exhaust(closeNextHour)
        const hoursRolled = yield* exhaust(rollNextHour)
        const lateHours = yield* exhaust(rollDirty)
        const dayMarks = yield* exhaust(rollDays)
        if (lateHours > 0) yield* Metric.update(lateCounter, lateHours)
        return { hoursClosed, hoursRolled, lateHours, dayMarks }
      }).pipe(Effect.withSpan("Rollups.runOnce"))
      return Rollups.of({ runOnce })
    })
  )
}

/** Repeats a step until it finds nothing to do; answers how much it did. */
const exhaust = Effect.fnUntraced(function* <E>(step: Effect.Effect<ReadonlyArray<{ readonly n: number }>, E>) {
  let total = 0
  while (true) {
    const [row] = yield* step
    const n = row?.n ?? 0
    if (n === 0) return total
    total += n
  }
})
