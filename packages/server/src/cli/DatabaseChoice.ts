/**
 * Which database a command works on: the one that `DATABASE_URL` names, else the embedded one of the data folder. If
 * another process runs that one already, it is joined; otherwise it is started for as long as the command takes.
 */
import { Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { Database } from "../db/Database.ts"
import * as RunningPostgres from "../embedded/RunningPostgres.ts"
import { EmbeddedPostgres } from "../embedded/EmbeddedPostgres.ts"
import type { ServerConfig } from "../ServerConfig.ts"

/** The folder of the embedded server. */
export const embeddedFolder = (config: ServerConfig): string => join(config.dataDir, "postgres")

/** Starts the embedded server, or takes `DATABASE_URL`: for processes that own the database as long as they run. */
export const owned = (config: ServerConfig) =>
  Option.match(config.databaseUrl, {
    onSome: (url) => Database.layer({ url, ...config.connections }),
    onNone: () =>
      Layer.unwrap(EmbeddedPostgres.useSync(({ url }) => Database.layer({ url, ...config.connections }))).pipe(
        Layer.provide(EmbeddedPostgres.layer({ dataDir: embeddedFolder(config) }))
      )
  })

/** As {@link owned}, but joins an embedded server that is running: for commands beside a running instance. */
export const joined = (config: ServerConfig) =>
  Layer.unwrap(
    Effect.gen(function* () {
      if (Option.isSome(config.databaseUrl)) return owned(config)
      const running = yield* RunningPostgres.find({ dataDir: embeddedFolder(config) })
      return Option.match(running, {
        onNone: () => owned(config),
        onSome: (url) => Database.layer({ url, ...config.connections })
      })
    })
  )
