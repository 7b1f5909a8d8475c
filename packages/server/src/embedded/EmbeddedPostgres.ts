/**
 * PostgreSQL from npm, for installations without a database of their own: a real server (no emulation), started with
 * the layer and stopped with it.
 *
 * - First start: a cluster is created (about 1 s). Later starts take some 50 ms.
 * - The server listens on a unix socket in a folder that only its account may enter. With `port`, and on Windows, it
 *   listens on 127.0.0.1 as well and asks for the password kept in the data folder. Nobody gets in over TCP without.
 * - When the server dies (`kill -9`, out of memory) it is started again on the same url; what it acknowledged is there.
 *   When this process dies, however it dies, the server shuts down by itself.
 * - One server a folder: a second start fails with `FolderInUse`.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Context, Deferred, Effect, FileSystem, Layer, Redacted, Schedule } from "effect"
import type { PlatformError } from "effect"
import { createServer, type AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { ensureDatabase } from "./DatabaseCatalog.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { accountFor } from "./PostgresAccount.ts"
import * as PostgresBinaries from "./PostgresBinaries.ts"
import * as PostgresCluster from "./PostgresCluster.ts"
import * as PostgresProcess from "./PostgresProcess.ts"

/** How to run an embedded server. */
export interface EmbeddedPostgresOptions {
  /** The folder that is to hold everything: new, empty, or one of ours. Only one server at a time may use it. */
  readonly dataDir: string
  /** The database that `url` names, created if it is not there. Default `openseer`. */
  readonly database?: string
  /** `false` gives up the safety of acknowledged data against a crash of the machine, for tests. Default `true`. */
  readonly durable?: boolean
  /** Also listen on this port of 127.0.0.1, and let `url` use it. Default: unix socket only; a free port on Windows. */
  readonly port?: number
}

/**
 * A running embedded server.
 *
 * @example
 * ```ts
 * import { Database, defaultConnections } from "@openseer/server"
 * import { EmbeddedPostgres } from "@openseer/server/embedded"
 * import { Layer } from "effect"
 *
 * const DatabaseLive = Layer.unwrap(
 *   EmbeddedPostgres.useSync(({ url }) => Database.layer({ url, ...defaultConnections }))
 * ).pipe(Layer.provide(EmbeddedPostgres.layer({ dataDir: ".openseer/postgres" })))
 * ```
 */
export class EmbeddedPostgres extends Context.Service<
  EmbeddedPostgres,
  {
    /** Where the database is, in the form that `PgClient`, `psql` and libpq understand. May hold the password. */
    readonly url: Redacted.Redacted
    /** The same for another database of this server; `postgres` always exists. */
    readonly urlOf: (database: string) => Redacted.Redacted
    /** The data folder, an absolute path. */
    readonly dataDir: string
    /** The folder of the unix socket, `undefined` on Windows. */
    readonly socketDir: string | undefined
    /** The TCP port; without TCP the number in the socket's name. */
    readonly port: number
  }
>()("@openseer/server/EmbeddedPostgres") {
  /** Starts a server for the life of the layer. Fails with `EmbeddedPostgresError`, whose message says what to do. */
  static layer(options: EmbeddedPostgresOptions): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> {
    return Layer.effect(EmbeddedPostgres, make(options)).pipe(Layer.provide(NodeFileSystem.layer))
  }
}

// 5432 is only a name here: the socket's folder is our own, and nothing listens on TCP.
const socketPort = 5432
const restartDelay = "1 second"
const logLimitBytes = 16 * 1024 * 1024

const make = Effect.fn("EmbeddedPostgres.make")(function* (options: EmbeddedPostgresOptions) {
  const dataDir = resolve(options.dataDir)
  const durable = options.durable ?? true
  const server = Effect.gen(function* () {
    const installed = yield* PostgresBinaries.locate()
    const account = yield* accountFor(dataDir)
    yield* PostgresCluster.prepareFolder(dataDir, account)
    const binaries = yield* PostgresBinaries.prepare(installed, dataDir, account)
    yield* PostgresCluster.initialize(binaries, dataDir, account, durable)

    const windows = process.platform === "win32"
    const socketDir = windows ? undefined : yield* PostgresCluster.socketFolder(dataDir, account)
    const tcp = windows || options.port !== undefined
    const port = options.port ?? (windows ? yield* freePort : socketPort)
    const password = yield* PostgresCluster.readPassword(dataDir)
    const log = join(dataDir, "postgres.log")
    yield* supervise({
      binaries,
      account,
      folder: dataDir,
      data: join(dataDir, "data"),
      log,
      settings: {
        ...settings(durable),
        listen_addresses: tcp ? "127.0.0.1" : "",
        unix_socket_directories: socketDir ?? "",
        unix_socket_permissions: "0700",
        port: String(port)
      }
    })
    yield* Effect.forkScoped(boundLog(log))

    const urlOf = (database: string) =>
      Redacted.make(
        tcp || socketDir === undefined
          ? `postgres://${PostgresCluster.clusterUser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
          : `postgres://${PostgresCluster.clusterUser}@localhost:${port}/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`
      )
    const database = options.database ?? "openseer"
    yield* ensureDatabase(urlOf("postgres"), database).pipe(
      Effect.catchTag("SqlError", (error) => {
        const detail = `the database ${database} could not be created: ${error.message}`
        return Effect.fail(new EmbeddedPostgresError({ reason: { _tag: "InitFailed", folder: dataDir, detail } }))
      })
    )
    return EmbeddedPostgres.of({ url: urlOf(database), urlOf, dataDir, socketDir, port })
  })
  return yield* Effect.catchTag(server, "PlatformError", (error) => Effect.fail(refused(dataDir, error)))
})

/** The server's settings. What is not named here is PostgreSQL's default, `synchronous_commit = on` above all. */
const settings = (durable: boolean): Record<string, string> => ({
  max_connections: "100",
  shared_buffers: durable ? "256MB" : "128MB",
  timezone: "UTC",
  log_timezone: "UTC",
  jit: "off",
  // For an SSD, which is what a server has. With the default of 4, for disks that turn, the planner prefers to read a
  // whole job table over a few hundred look-ups in its index, which cost two other job queues up to half of their rate.
  random_page_cost: "1.1",
  // Results come in key order per monitor, so each touches a page of its own: after a checkpoint every one of them is
  // logged whole. Rare checkpoints and compressed page images take most of that away.
  checkpoint_timeout: "30min",
  max_wal_size: durable ? "8GB" : "1GB",
  wal_compression: durable ? "on" : "off",
  // Jobs are updated in place all the time; a vacuum that looks every minute would let them bloat.
  autovacuum_naptime: "10s",
  ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" })
})

/** Runs the server for the life of the scope, again and again if it dies. Returns when it is ready for the first time. */
const supervise = Effect.fn("EmbeddedPostgres.supervise")(function* (options: PostgresProcess.PostgresProcessOptions) {
  type Failure = EmbeddedPostgresError | PlatformError.PlatformError
  const ready = yield* Deferred.make<void, Failure>()
  const run: Effect.Effect<void, Failure, FileSystem.FileSystem> = Effect.scoped(
    Effect.gen(function* () {
      const server = yield* PostgresProcess.start(options)
      yield* Deferred.succeed(ready, undefined)
      const code = yield* server.exited
      yield* Effect.logError(`embedded PostgreSQL ${server.pid} ended with code ${code}, starting it again`)
    })
  )
  const again = run.pipe(
    Effect.catch((error) => Effect.logError(`embedded PostgreSQL is down: ${error.message}`)),
    Effect.delay(restartDelay)
  )
  yield* run.pipe(
    Effect.onError((cause) => Deferred.failCause(ready, cause)),
    Effect.andThen(Effect.forever(again)),
    Effect.ignore,
    Effect.forkScoped
  )
  yield* Deferred.await(ready)
})

/** Keeps the log small: checked once a minute, emptied when it is over the limit. The server appends, so it goes on. */
const boundLog = (log: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { size } = yield* fs.stat(log)
    if (size > logLimitBytes) yield* fs.truncate(log, 0)
  }).pipe(Effect.ignore, Effect.repeat(Schedule.spaced("1 minute")))

const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const refused = (folder: string, error: PlatformError.PlatformError) =>
  new EmbeddedPostgresError({
    reason: {
      _tag: error.reason._tag === "PermissionDenied" ? "NotPermitted" : "StartFailed",
      folder,
      detail: error.message
    }
  })
