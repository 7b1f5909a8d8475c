/** Starts the PostgreSQL server that the contestants share. */
import { EmbeddedPostgres } from "@openseer/server/embedded"
import { Effect, ManagedRuntime, Redacted } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A running server. */
export interface PostgresServer {
  /** The URL of its maintenance database, as a user that may create databases. */
  readonly url: string
  /** Stops the server and removes its data. */
  readonly stop: () => Promise<void>
}

/** A fresh server with OpenSeer's embedded PostgreSQL and its shipped settings, durable, in a temporary folder. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const dataDir = await mkdtemp(join(tmpdir(), "openseer-bench-"))
  const runtime = ManagedRuntime.make(EmbeddedPostgres.layer({ dataDir, durable: true }))
  const stop = async () => {
    await runtime.dispose()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const url = await runtime.runPromise(EmbeddedPostgres.use(({ urlOf }) => Effect.succeed(urlOf("postgres"))))
    return { url: Redacted.value(url), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
