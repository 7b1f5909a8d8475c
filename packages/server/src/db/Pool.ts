/**
 * One budget of connections, with a deadline on everything that runs in it and a bound on what may wait for it.
 */
import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Metric, Ref, type Redacted, Schedule } from "effect"
import { type SqlError } from "effect/sql/SqlError"
import { DatabaseBusy } from "./DatabaseError.ts"
import * as SqlFailure from "./SqlFailure.ts"

/** What builds statements: the driver's client, by a name that the stages may use. */
export type SqlClient = PgClient.PgClient

/** What a pool is made of. */
export interface PoolOptions {
  readonly name: "worker" | "api" | "background"
  readonly url: Redacted.Redacted
  readonly connections: number
  /** The longest that PostgreSQL may spend on one statement. */
  readonly statementTimeoutMs: number
  /** How many callers may wait for a connection; one more is answered `queue_full` at once. */
  readonly waitersMax: number
}

/** A pool: the client for building statements, and the only way to run them. */
export interface Pool {
  readonly sql: PgClient.PgClient
  /**
   * Runs statements with admission, deadline and retries. The effect may run up to three times, so it must be safe to
   * repeat; lost connections, deadlocks and serialization failures are retried, every other SQL failure is a defect.
   *
   * Fails with {@link DatabaseBusy} when the queue is full, time is up or the database can't be reached.
   */
  readonly run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseBusy, R>
  /** Callers that are running or waiting now. */
  readonly depth: Effect.Effect<number>
}

const depthGauge = Metric.gauge("openseer_db_pool_depth", { description: "Callers running or waiting, by pool" })
const busyCounter = Metric.counter("openseer_db_pool_busy_total", {
  description: "Callers turned away or failed by a busy database, by pool and reason",
  incremental: true
})

/** How long after its statement timeout a caller is freed: cancelling may itself need a connection (1 s). */
const graceMs = 2_000
const retriesMax = 2

/** A pool, closed with the scope. Connections are made when they are first needed. */
export const make = Effect.fn("Pool.make")(function* (options: PoolOptions) {
  const sql = yield* PgClient.make({
    url: options.url,
    applicationName: `openseer-${options.name}`,
    maxConnections: options.connections,
    // A half-open connection costs a caller its deadline plus this, so both are short (measured: deadline + connect).
    connectTimeout: "1 seconds",
    keepAlive: "5 seconds",
    startupParameters: {
      timezone: "UTC",
      jit: "off",
      synchronous_commit: "on",
      statement_timeout: String(options.statementTimeoutMs),
      lock_timeout: String(options.statementTimeoutMs),
      idle_in_transaction_session_timeout: String(options.statementTimeoutMs * 2)
    }
  })
  const depth = yield* Ref.make(0)
  const limit = options.connections + options.waitersMax
  const attributes = { pool: options.name }
  const gauge = Metric.withAttributes(depthGauge, attributes)
  const retryAfterMs = 1_000

  const busy = (reason: DatabaseBusy["reason"], message: string) =>
    Metric.update(Metric.withAttributes(busyCounter, { ...attributes, reason }), 1).pipe(
      Effect.andThen(new DatabaseBusy({ reason, retryAfterMs, message }))
    )

  const enter = Ref.modify(depth, (n) => (n < limit ? [true, n + 1] : [false, n]))
  const leave = Ref.updateAndGet(depth, (n) => n - 1).pipe(Effect.flatMap((n) => Metric.update(gauge, n)))

  const fromSql = (error: SqlError): Effect.Effect<never, DatabaseBusy> => {
    switch (SqlFailure.of(error)) {
      case "unreachable":
        return busy("unreachable", "the database can't be reached")
      case "timeout":
        return busy("timeout", `the database took longer than ${options.statementTimeoutMs} ms`)
      case "conflict":
        return busy("conflict", "the database was busy with the same rows")
      case "refused":
        return Effect.die(error)
    }
  }

  const run: Pool["run"] = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      enter,
      (admitted): Effect.Effect<A, Exclude<E, SqlError> | DatabaseBusy, R> =>
        admitted
          ? effect.pipe(
              Effect.retry({
                while: (error) => isSqlError(error) && SqlFailure.isTransient(error),
                times: retriesMax,
                schedule: Schedule.exponential("20 millis").pipe(Schedule.jittered)
              }),
              Effect.catch((error): Effect.Effect<never, Exclude<E, SqlError> | DatabaseBusy> =>
                isSqlError(error) ? fromSql(error) : Effect.fail(error as Exclude<E, SqlError>)
              ),
              Effect.timeoutOrElse({
                duration: Duration.millis(options.statementTimeoutMs + graceMs),
                orElse: () => busy("timeout", `the database took longer than ${options.statementTimeoutMs} ms`)
              })
            )
          : busy("queue_full", `more than ${options.waitersMax} callers wait for a connection`),
      (admitted) => (admitted ? leave : Effect.void)
    )

  return { sql, run, depth: Ref.get(depth) } satisfies Pool
})

const isSqlError = (error: unknown): error is SqlError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"
