/**
 * The files of one embedded server: its data folder, made and guarded here.
 *
 * ```
 * <dataDir>/data           the cluster, as initdb made it
 * <dataDir>/password       of the user `openseer` over TCP, mode 0600
 * <dataDir>/postgres.log   what the server says
 * <dataDir>/socket         its unix socket, while it runs
 * <dataDir>/native         a copy of the programs, only where the installed ones cannot be used
 * ```
 */
import { Effect, FileSystem, Option } from "effect"
import { randomBytes } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { blockedAt, isAlive, runAs, type PostgresAccount } from "./PostgresAccount.ts"
import type { PostgresBinaries } from "./PostgresBinaries.ts"

/** The superuser that initdb makes and every url names. */
export const clusterUser = "openseer"

const ours = /^(data|password|postgres\.log|socket|native|data\.init-\d+)$/
// sockaddr_un holds 104 bytes on macOS and 108 on Linux, with the final zero.
const socketPathLimit = 103

/**
 * Makes `dataDir` (mode 0700, owned by `account`) if need be and sees that `account` can reach it. A folder without a
 * cluster but with other things in it is refused: we are about to take it away from everybody else. Fails with
 * `NotPermitted` or `InitFailed`.
 */
export const prepareFolder = Effect.fn("PostgresCluster.prepareFolder")(function* (
  dataDir: string,
  account: PostgresAccount | undefined
) {
  const fs = yield* FileSystem.FileSystem
  // Its parents, if new, get the mode that the umask gives: `account` must pass through them.
  yield* fs.makeDirectory(dataDir, { recursive: true })
  const foreign = (yield* fs.readDirectory(dataDir)).find((name) => !ours.test(name))
  if (foreign !== undefined && !(yield* fs.exists(join(dataDir, "data", "PG_VERSION")))) {
    const detail = `it is not empty and holds "${foreign}", which is not OpenSeer's. Choose an empty or a new folder`
    return yield* new EmbeddedPostgresError({ reason: { _tag: "InitFailed", folder: dataDir, detail } })
  }
  if (account !== undefined) {
    yield* fs.chown(dataDir, account.uid, account.gid)
    const blocked = yield* blockedAt(dataDir, account)
    if (Option.isSome(blocked)) {
      const detail =
        `PostgreSQL refuses to run as root, so it runs as ${account.name}, who may not enter ${blocked.value} ` +
        `(chmod o+x ${blocked.value} would allow it)`
      return yield* new EmbeddedPostgresError({ reason: { _tag: "NotPermitted", folder: dataDir, detail } })
    }
  }
  // A mounted volume may be writable and yet not ours to change; everything inside is closed to others by itself.
  yield* Effect.ignore(fs.chmod(dataDir, 0o700))
})

/**
 * Creates the cluster in `<dataDir>/data` unless it is there. Made under another name and renamed, so that an initdb
 * that was cut short leaves nothing that looks like a cluster. Fails with `InitFailed`, or with `VersionMismatch` when
 * the cluster that is there belongs to another major version.
 */
export const initialize = Effect.fn("PostgresCluster.initialize")(function* (
  binaries: PostgresBinaries,
  dataDir: string,
  account: PostgresAccount | undefined,
  durable: boolean
) {
  const fs = yield* FileSystem.FileSystem
  const data = join(dataDir, "data")
  const version = yield* Effect.option(fs.readFileString(join(data, "PG_VERSION")))
  if (Option.isSome(version)) {
    const found = version.value.trim()
    if (found === binaries.major) return
    const reason = { _tag: "VersionMismatch", folder: dataDir, found, expected: binaries.major } as const
    return yield* new EmbeddedPostgresError({ reason })
  }
  yield* removeUnfinished(dataDir)
  const password = join(dataDir, "password")
  yield* fs.writeFileString(password, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" }).pipe(
    Effect.catchIf(
      (error) => error.reason._tag === "AlreadyExists",
      () => Effect.void
    )
  )
  if (account !== undefined) yield* fs.chown(password, account.uid, account.gid)
  const unfinished = join(dataDir, `data.init-${process.pid}`)
  const { code, output } = yield* runAs(account, binaries.initdb, [
    `--pgdata=${unfinished}`,
    `--username=${clusterUser}`,
    `--pwfile=${password}`,
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    // A collation that comes with PostgreSQL itself: no index breaks when the system's ICU or libc changes.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...(durable ? [] : ["--no-sync"])
  ])
  if (code !== 0) {
    yield* fs.remove(unfinished, { recursive: true, force: true })
    const detail = `initdb ended with code ${code} and said:\n${output.slice(-2_000)}`
    return yield* new EmbeddedPostgresError({ reason: { _tag: "InitFailed", folder: dataDir, detail } })
  }
  // If another process was faster, its cluster stays; which of us may run it, postmaster.pid decides.
  yield* Effect.catch(fs.rename(unfinished, data), () => fs.remove(unfinished, { recursive: true }))
})

/** The password of `clusterUser` over TCP. */
export const readPassword = Effect.fn("PostgresCluster.readPassword")(function* (dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  return (yield* fs.readFileString(join(dataDir, "password"))).trim()
})

/**
 * The folder for the unix socket, mode 0700, for the life of the scope: `<dataDir>/socket`, or where that path is too
 * long for a socket address, a new folder in the system's temporary one. Whoever may enter it is let in without a
 * password: that is `account` and root.
 */
export const socketFolder = Effect.fn("PostgresCluster.socketFolder")(function* (
  dataDir: string,
  account: PostgresAccount | undefined
) {
  const fs = yield* FileSystem.FileSystem
  const beside = join(dataDir, "socket")
  let folder = beside
  if (Buffer.byteLength(join(beside, ".s.PGSQL.65535")) <= socketPathLimit) {
    yield* fs.makeDirectory(beside, { recursive: true, mode: 0o700 })
  } else {
    folder = yield* fs.makeTempDirectoryScoped({ directory: tmpdir(), prefix: "openseer-" })
  }
  if (account !== undefined) yield* fs.chown(folder, account.uid, account.gid)
  return folder
})

const removeUnfinished = Effect.fnUntraced(function* (dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const names = (yield* fs.readDirectory(dataDir)).filter((name) => name.startsWith("data.init-"))
  yield* Effect.forEach(names, (name) => {
    const pid = Number(name.slice("data.init-".length))
    return pid === process.pid || !isAlive(pid)
      ? fs.remove(join(dataDir, name), { recursive: true, force: true })
      : Effect.void
  })
})
