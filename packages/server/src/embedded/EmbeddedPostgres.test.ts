import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Exit, FileSystem, Layer, Option, Redacted, Schedule, Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { spawn, spawnSync } from "node:child_process"
import { createServer, type AddressInfo } from "node:net"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Pool from "../db/Pool.ts"
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from "./EmbeddedPostgres.ts"
import { isAlive, runAs } from "./PostgresAccount.ts"

const asRoot = process.getuid?.() === 0
// Root may become somebody else, who may not be able to enter a checkout that is closed to others.
const nobody = 65_534
const mayBeSomebodyElse = asRoot && spawnSync(process.execPath, ["-e", ""], { uid: nobody, gid: nobody }).status === 0

/** A temporary folder that any account may pass through; the data folder is to be inside. */
const temporaryFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "openseer-embedded-" })
  yield* fs.chmod(folder, 0o755)
  return folder
})

const start = (options: EmbeddedPostgresOptions) =>
  Effect.map(Layer.build(EmbeddedPostgres.layer(options)), Context.get(EmbeddedPostgres))

const query = (url: Redacted.Redacted, sql: string, params: ReadonlyArray<unknown> = []) =>
  Effect.scoped(Effect.flatMap(PgConnection.make({ url }), (connection) => connection.query(sql, params))).pipe(
    Effect.map(({ rows }) => rows)
  )

const gone = (pid: number) =>
  Effect.sync(() => isAlive(pid)).pipe(
    Effect.repeat({ until: (alive) => !alive, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("8 seconds")
  )

const postmasterPid = Effect.fnUntraced(function* (dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  return parseInt(yield* fs.readFileString(join(dataDir, "data", "postmaster.pid")), 10)
})

const unusedPort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** A process that a test may kill: told to die hard when the scope closes. `line` is the first line it prints. */
const childProcess = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>, user?: number) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(command, args, {
        stdio: ["ignore", "pipe", "inherit"],
        ...(user === undefined ? {} : { uid: user, gid: user })
      })
    ),
    (spawned) => Effect.sync(() => spawned.kill("SIGKILL"))
  )
  const line = yield* Effect.callback<string>((resume) => {
    child.stdout.once("data", (bytes) => resume(Effect.succeed(String(bytes).trim())))
    child.once("exit", (code) => resume(Effect.die(`the child ended with code ${code}`)))
  })
  return { line, child }
})

/** Another Node that runs an embedded server on `dataDir` until it is killed, and prints the url. */
const otherNode = Effect.fnUntraced(function* (dataDir: string, user?: number) {
  // Runs after the child was killed: when the folder goes, no server is in it.
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.flatMap(postmasterPid(dataDir), gone)))
  const module = pathToFileURL(join(import.meta.dirname, "EmbeddedPostgres.ts")).href
  const program = `
    import { Effect, Layer, Redacted } from "effect"
    import { EmbeddedPostgres } from ${JSON.stringify(module)}
    const report = EmbeddedPostgres.use(({ url }) => Effect.sync(() => console.log(Redacted.value(url))))
    const main = Layer.effectDiscard(report).pipe(Layer.provide(EmbeddedPostgres.layer({ dataDir: process.argv[1] })))
    Effect.runPromise(Layer.launch(main))`
  const { line, child } = yield* childProcess(process.execPath, ["--input-type=module", "-e", program, dataDir], user)
  return { url: Redacted.make(line), child }
})

/** A folder with a cluster that most tests share, one after the other: creating one is what takes the time. */
class Cluster extends Context.Service<Cluster, { readonly dataDir: string }>()("@openseer/server/test/Cluster") {
  static readonly layer = Layer.effect(
    Cluster,
    Effect.gen(function* () {
      const dataDir = join(yield* temporaryFolder, "postgres")
      yield* Effect.scoped(start({ dataDir, durable: false }))
      return { dataDir }
    })
  ).pipe(Layer.provideMerge(NodeFileSystem.layer))
}

layer(Cluster.layer, { excludeTestServices: true })("EmbeddedPostgres", (it) => {
  it.effect("creates a database on the first start, listens on no TCP port, and stops with the layer", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* temporaryFolder, "new", "postgres")
      const scope = yield* Scope.make()
      const server = yield* Scope.provide(start({ dataDir, database: 'my "own"' }), scope)
      const pid = yield* postmasterPid(dataDir)
      assert.deepStrictEqual(
        yield* query(
          server.url,
          `select current_database()::text as database, current_user::text as user, current_setting('jit') as jit,
              current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
              current_setting('synchronous_commit') as commit, current_setting('data_checksums') as checksums,
              current_setting('timezone') as zone`
        ),
        [
          {
            database: 'my "own"',
            user: "openseer",
            jit: "off",
            addresses: "",
            fsync: "on",
            commit: "on",
            checksums: "on",
            zone: "UTC"
          }
        ]
      )
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(isAlive(pid))

      const before = performance.now()
      yield* Effect.scoped(start({ dataDir, database: 'my "own"' }))
      assert.isBelow(performance.now() - before, 1_000)
    })
  )

  it.effect("lets nobody in over TCP without the password", () =>
    Effect.gen(function* () {
      const { dataDir } = yield* Cluster
      const port = yield* unusedPort
      const server = yield* start({ dataDir, durable: false, port })
      assert.strictEqual(server.port, port)
      assert.deepStrictEqual(yield* query(server.url, "select inet_server_port() as port"), [{ port }])

      const withPassword = (password: string) => {
        const url = new URL(Redacted.value(server.url))
        url.password = password
        return query(Redacted.make(url.href), "select 1")
      }
      assert.strictEqual((yield* Effect.flip(withPassword(""))).reason._tag, "AuthenticationError")
      assert.strictEqual((yield* Effect.flip(withPassword("guess"))).reason._tag, "AuthenticationError")
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual((yield* fs.stat(join(dataDir, "password"))).mode & 0o777, 0o600)
      assert.strictEqual((yield* fs.stat(dataDir)).mode & 0o777, 0o700)
    })
  )

  it.effect("keeps every acknowledged row and comes back on the same url when the server is killed", () =>
    Effect.gen(function* () {
      const { dataDir } = yield* Cluster
      const server = yield* start({ dataDir })
      yield* query(server.url, "create table acknowledged (n int)")
      for (let n = 1; n <= 100; n++) yield* query(server.url, "insert into acknowledged values ($1)", [n])
      const pid = yield* postmasterPid(dataDir)
      process.kill(pid, "SIGKILL")
      const rows = yield* Effect.retry(query(server.url, "select n from acknowledged order by n"), {
        schedule: Schedule.spaced("50 millis"),
        times: 100
      })
      assert.deepStrictEqual(
        rows.map(({ n }) => n),
        Array.from({ length: 100 }, (_, index) => index + 1)
      )
      assert.notStrictEqual(yield* postmasterPid(dataDir), pid)
    })
  )

  it.effect("is unreachable, and nothing worse, while it is told to stop and starts again", () =>
    Effect.gen(function* () {
      const { dataDir } = yield* Cluster
      const server = yield* start({ dataDir })
      const pool = yield* Pool.make({
        name: "worker",
        url: server.url,
        connections: 1,
        statementTimeoutMs: 2_000,
        waitersMax: 2
      })
      const connected = yield* Scope.make()
      yield* Scope.provide(PgConnection.make({ url: server.url }), connected)
      // It waits for whoever is connected, and answers nobody else: SQLSTATE 57P03, as while it recovers.
      process.kill(yield* postmasterPid(dataDir), "SIGTERM")
      yield* Effect.sleep("100 millis")
      const busy = yield* Effect.flip(pool.run(pool.sql`select 1 as one`))
      assert.strictEqual(busy.reason, "unreachable")
      yield* Scope.close(connected, Exit.void)
      const rows = yield* Effect.retry(pool.run(pool.sql`select 1 as one`), {
        schedule: Schedule.spaced("50 millis"),
        times: 100
      })
      assert.deepStrictEqual(rows, [{ one: 1 }])
    }).pipe(Effect.provide(Reactivity.layer))
  )

  it.effect("leaves no server behind when its Node is killed, and nothing to recover", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { dataDir } = yield* Cluster
      const { url, child } = yield* otherNode(dataDir)
      yield* query(url, "create table left_behind as select 42 as n")
      const pid = yield* postmasterPid(dataDir)
      const logged = (yield* fs.readFileString(join(dataDir, "postgres.log"))).length
      child.kill("SIGKILL")
      yield* gone(pid)
      const server = yield* start({ dataDir })
      assert.deepStrictEqual(yield* query(server.url, "select n from left_behind"), [{ n: 42 }])
      const log = (yield* fs.readFileString(join(dataDir, "postgres.log"))).slice(logged)
      assert.include(log, "database system was shut down at")
    })
  )

  it.effect("waits for the server of a Node that has just been killed", () =>
    Effect.gen(function* () {
      const { dataDir } = yield* Cluster
      const { child } = yield* otherNode(dataDir)
      const pid = yield* postmasterPid(dataDir)
      child.kill("SIGKILL")
      const server = yield* start({ dataDir })
      assert.isFalse(isAlive(pid))
      assert.deepStrictEqual(yield* query(server.url, "select 1 as one"), [{ one: 1 }])
    })
  )

  it.effect("starts after Node and server were both killed", () =>
    Effect.gen(function* () {
      const { dataDir } = yield* Cluster
      const { url, child } = yield* otherNode(dataDir)
      yield* query(url, "create table kept as select 42 as n")
      process.kill(yield* postmasterPid(dataDir), "SIGKILL")
      child.kill("SIGKILL")
      const server = yield* start({ dataDir })
      assert.deepStrictEqual(yield* query(server.url, "select n from kept"), [{ n: 42 }])
    })
  )

  it.effect("refuses a second start on a folder in use, naming folder and process, and leaves the first alone", () =>
    Effect.gen(function* () {
      const { dataDir } = yield* Cluster
      const first = yield* start({ dataDir, durable: false })
      const error = yield* Effect.flip(start({ dataDir, durable: false }))
      const pid = yield* postmasterPid(dataDir)
      assert.deepStrictEqual(error.reason, { _tag: "FolderInUse", folder: dataDir, pid })
      assert.include(error.message, dataDir)
      assert.include(error.message, String(pid))
      assert.deepStrictEqual(yield* query(first.url, "select 1 as one"), [{ one: 1 }])
    })
  )

  it.effect("refuses a folder of another major version and one that holds other things", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporaryFolder
      const old = join(folder, "old")
      yield* fs.makeDirectory(join(old, "data"), { recursive: true })
      yield* fs.writeFileString(join(old, "data", "PG_VERSION"), "15\n")
      const { reason } = yield* Effect.flip(start({ dataDir: old }))
      assert.deepStrictEqual(reason, { _tag: "VersionMismatch", folder: old, found: "15", expected: "18" })

      const error = yield* Effect.flip(start({ dataDir: folder }))
      assert.strictEqual(error.reason._tag, "InitFailed")
      assert.include(error.message, '"old"')
    })
  )

  it.effect("says what the server says when it does not start", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { dataDir } = yield* Cluster
      const control = join(dataDir, "data", "global", "pg_control")
      yield* Effect.acquireRelease(fs.rename(control, `${control}.away`), () =>
        Effect.orDie(fs.rename(`${control}.away`, control))
      )
      const error = yield* Effect.flip(start({ dataDir, durable: false }))
      assert.strictEqual(error.reason._tag, "StartFailed")
      assert.include(error.message, "could not find the database system")
    })
  )

  it.effect("takes a folder whose path is too long for a socket", () =>
    Effect.gen(function* () {
      const { dataDir: template } = yield* Cluster
      const dataDir = join(yield* temporaryFolder, "x".repeat(100))
      yield* runAs(undefined, "cp", ["-a", template, dataDir])
      const server = yield* start({ dataDir, durable: false })
      assert.isFalse(server.socketDir?.startsWith(dataDir))
      assert.deepStrictEqual(yield* query(server.url, "select 1 as one"), [{ one: 1 }])
      const { mode } = yield* (yield* FileSystem.FileSystem).stat(server.socketDir ?? "")
      assert.strictEqual(mode & 0o777, 0o700)
    })
  )

  // What follows needs to be root to become somebody else; an ordinary user runs the same code in every test above.
  if (mayBeSomebodyElse) {
    it.effect("runs under an ordinary user, whom a left-over lock with a reused process id does not stop", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const dataDir = join(yield* temporaryFolder, "postgres")
        yield* fs.makeDirectory(dataDir)
        yield* fs.chown(dataDir, nobody, nobody)
        const first = yield* otherNode(dataDir, nobody)
        assert.deepStrictEqual(yield* query(first.url, "select 1 as one"), [{ one: 1 }])
        const pid = yield* postmasterPid(dataDir)
        assert.deepStrictEqual((yield* fs.stat(`/proc/${pid}`)).uid, Option.some(nobody))
        const lock = yield* fs.readFileString(join(dataDir, "data", "postmaster.pid"))
        first.child.kill("SIGKILL")
        yield* gone(pid)

        const stranger = yield* childProcess("/bin/sh", ["-c", "echo up; exec sleep 60"], nobody)
        const stale = lock.replace(String(pid), String(stranger.child.pid))
        yield* fs.writeFileString(join(dataDir, "data", "postmaster.pid"), stale)
        const second = yield* otherNode(dataDir, nobody)
        assert.deepStrictEqual(yield* query(second.url, "select 1 as one"), [{ one: 1 }])
      })
    )
  }

  if (asRoot) {
    it.effect("never runs the server as root, and says which folder it may not enter", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { dataDir } = yield* Cluster
        yield* start({ dataDir, durable: false })
        const status = yield* fs.readFileString(`/proc/${yield* postmasterPid(dataDir)}/status`)
        assert.notMatch(status, /^(Uid|Gid):.*\b0\b/m)

        const closed = join(yield* temporaryFolder, "closed")
        yield* fs.makeDirectory(closed, { mode: 0o700 })
        const error = yield* Effect.flip(start({ dataDir: join(closed, "postgres") }))
        assert.strictEqual(error.reason._tag, "NotPermitted")
        assert.include(error.message, `may not enter ${closed} `)
      })
    )
  }
})
