/**
 * A process that comes up together with its database waits for it: a compose file starts both, and a server that was
 * killed takes seconds to recover.
 */
import { Duration, Effect, Schedule, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { Database } from "./Database.ts"
import { DatabaseBusy } from "./DatabaseError.ts"
import * as SqlFailure from "./SqlFailure.ts"

/** The database can't be used; the message says what it answered. For the operator's console. */
export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  message: Schema.String
}) {}

/** How long a database may take to be there, in ms. */
export const waitMaxMs = 60_000

/**
 * Returns when the database answers. While it can't be reached it is asked each second, and the log says so every ten.
 *
 * Fails with {@link DatabaseUnusable} when it is not there after {@link waitMaxMs}, and at once when waiting would not
 * help: a wrong password, a database that does not exist.
 */
export const untilThere: Effect.Effect<void, DatabaseUnusable, Database> = Effect.gen(function* () {
  const { background } = yield* Database
  let asked = 0
  const ask = background.sql`select 1`.pipe(
    Effect.tapError((error) =>
      SqlFailure.isTransient(error) && asked++ % 10 === 0
        ? Effect.logWarning(`the database can't be reached, trying again: ${SqlFailure.detailOf(error)}`)
        : Effect.void
    )
  )
  yield* ask.pipe(
    Effect.retry({
      while: SqlFailure.isTransient,
      schedule: Schedule.spaced("1 second").pipe(Schedule.upTo({ duration: Duration.millis(waitMaxMs) }))
    }),
    Effect.mapError(
      (error: SqlError) =>
        new DatabaseUnusable({
          message: SqlFailure.isTransient(error)
            ? `the database could not be reached for ${Duration.toSeconds(waitMaxMs)} s: ${SqlFailure.detailOf(error)}`
            : `the database refuses: ${SqlFailure.detailOf(error)}`
        })
    )
  )
}).pipe(Effect.withSpan("DatabaseStart.untilThere"))

/** How often a start may lose its database again and begin anew. */
const restartsMax = 10

/**
 * Runs what a start asks of the database, as soon as it is there, and again if it is lost meanwhile.
 *
 * Fails as {@link untilThere} and as the effect, with `DatabaseBusy` after many times.
 */
export const whenThere = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | DatabaseUnusable, R | Database> =>
  Effect.retry(Effect.andThen(untilThere, effect), {
    while: (error) => Schema.is(DatabaseBusy)(error),
    times: restartsMax
  })
