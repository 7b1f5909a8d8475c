/**
 * The database, as the stages see it: three budgets of connections, and the one door to an organization's rows.
 */
import { Context, Effect, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import type { SqlError } from "effect/sql/SqlError"
import { Actor, tell } from "./Actor.ts"
import type { DatabaseBusy } from "./DatabaseError.ts"
import type { DatabaseConfig } from "./DatabaseConfig.ts"
import * as Pool from "./Pool.ts"

/**
 * Connections for worker traffic, the API and background duties apart, so that none of them starves another.
 */
export class Database extends Context.Service<
  Database,
  {
    readonly worker: Pool.Pool
    readonly api: Pool.Pool
    readonly background: Pool.Pool
    /**
     * Runs statements of the `api` pool in one transaction that sees the rows of one organization and no others:
     * it runs as the role `openseer_request`, to which row-level security applies. What it changes is done by the
     * {@link Actor} of the fiber.
     */
    readonly asOrganization: <A, E, R>(
      organizationKey: number,
      statements: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseBusy, R>
    /**
     * Runs statements of the `api` pool in one transaction with all rights, by the {@link Actor} of the fiber: for what
     * comes before an organization is known, or is about a person and not an organization.
     */
    readonly asInstance: <A, E, R>(
      statements: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseBusy, R>
  }
>()("@openseer/server/Database") {
  /** Pools on the configured database. Fails at the first statement, not here, when it can't be reached. */
  static readonly layer = (config: DatabaseConfig): Layer.Layer<Database, SqlError> =>
    Layer.effect(
      Database,
      Effect.gen(function* () {
        const worker = yield* Pool.make({
          name: "worker",
          url: config.url,
          connections: config.workerConnections,
          statementTimeoutMs: 5_000,
          waitersMax: 200
        })
        const api = yield* Pool.make({
          name: "api",
          url: config.url,
          connections: config.apiConnections,
          statementTimeoutMs: 10_000,
          // All requests that are served at once, with those that have a connection: after an event hundreds of open pages
          // ask, nearly all of which is whose session it is, a millisecond each.
          waitersMax: 256
        })
        const background = yield* Pool.make({
          name: "background",
          url: config.url,
          connections: config.backgroundConnections,
          // Rolling up an hour of a large instance is one statement: 36 million runs at 1.2 µs.
          statementTimeoutMs: 120_000,
          waitersMax: 20
        })
        const enter = (organizationKey: number) =>
          Effect.flatMap(
            Actor,
            ({ address, id, kind, name }) => api.sql`
              select set_config('role', 'openseer_request', true),
                     set_config('openseer.organization_key', ${String(organizationKey)}, true),
                     set_config('openseer.actor_kind', ${kind}, true), set_config('openseer.actor_id', ${id ?? ""}, true),
                     set_config('openseer.actor_name', ${name ?? ""}, true),
                     set_config('openseer.actor_address', ${address ?? ""}, true)`
          )
        return Database.of({
          worker,
          api,
          background,
          asOrganization: (organizationKey, statements) =>
            api.run(api.sql.withTransaction(Effect.andThen(enter(organizationKey), statements))),
          asInstance: (statements) => api.run(api.sql.withTransaction(Effect.andThen(tell(api.sql), statements)))
        })
      })
    ).pipe(Layer.provide(Reactivity.layer))
}
