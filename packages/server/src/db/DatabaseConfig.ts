/**
 * How this process reaches PostgreSQL.
 */
import { Config, type Redacted, Schema } from "effect"

/** Connection string and the budget of connections for each kind of work. */
export interface DatabaseConfig {
  readonly url: Redacted.Redacted
  /** Connections for workers: lease and ingest. Dashboards can't starve them. */
  readonly workerConnections: number
  /** Connections for the REST API. */
  readonly apiConnections: number
  /** Connections for the duties that run in the background. */
  readonly backgroundConnections: number
}

/** The default budget: 16 connections in all, so that five replicas fit into PostgreSQL's default of 100. */
export const defaultConnections = { workerConnections: 6, apiConnections: 6, backgroundConnections: 4 }

/** Few, since each is a process of PostgreSQL; none would serve nobody. */
const Connections = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 }))

const connections = (name: string, fallback: number) =>
  Config.schema(Connections, name).pipe(Config.withDefault(fallback))

/** The budget from `OPENSEER_DATABASE_*_CONNECTIONS`. */
export const connectionsConfig = Config.all({
  workerConnections: connections("OPENSEER_DATABASE_WORKER_CONNECTIONS", defaultConnections.workerConnections),
  apiConnections: connections("OPENSEER_DATABASE_API_CONNECTIONS", defaultConnections.apiConnections),
  backgroundConnections: connections(
    "OPENSEER_DATABASE_BACKGROUND_CONNECTIONS",
    defaultConnections.backgroundConnections
  )
})
