/**
 * The operating system account that PostgreSQL runs as, and running its programs as that account.
 *
 * `initdb` and `postgres` refuse to run as root. When Node is root they run as the owner of an existing cluster, else as
 * `postgres`, else as `nobody`; otherwise they run as Node does.
 */
import { Effect, FileSystem, Option } from "effect"
import { execFile } from "node:child_process"
import { dirname, join } from "node:path"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** An account to switch to. `undefined` in its place means: no switch, the account of this process. */
export interface PostgresAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What a finished program left: its exit code, -1 when it could not be run, and what it printed. */
export interface ProgramResult {
  readonly code: number
  readonly output: string
}

// A short environment of our own on POSIX: the secrets in ours are none of PostgreSQL's business, and English messages
// are what we recognise. Windows programs need theirs (SystemRoot).
const environment = process.platform === "win32" ? undefined : { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" }

/** The options of `node:child_process` that make a program run as `account`, with the environment we give PostgreSQL. */
export const spawnOptions = (account: PostgresAccount | undefined) => ({
  ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  ...(environment === undefined ? {} : { env: environment }),
  windowsHide: true
})

/** Runs a program to its end as `account`. Never fails: a program that cannot be run has code -1. */
export const runAs = (account: PostgresAccount | undefined, program: string, args: ReadonlyArray<string>) =>
  Effect.callback<ProgramResult>((resume) => {
    const child = execFile(program, [...args], spawnOptions(account), (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1
      const output = `${stdout}${stderr}`.trim()
      resume(Effect.succeed({ code, output: output === "" && error !== null ? error.message : output }))
    })
    return Effect.sync(() => child.kill())
  })

/**
 * The account for the cluster in `dataDir` (which need not exist yet), `undefined` when no switch is needed. Fails with
 * `NotPermitted` when this process is root and the machine has nobody else.
 */
export const accountFor = Effect.fn("PostgresAccount.accountFor")(function* (dataDir: string) {
  if (process.getuid?.() !== 0) return undefined
  const fs = yield* FileSystem.FileSystem
  const cluster = Option.getOrUndefined(yield* Effect.option(fs.stat(join(dataDir, "data"))))
  const uid = Option.getOrElse(cluster?.uid ?? Option.none(), () => 0)
  const gid = Option.getOrElse(cluster?.gid ?? Option.none(), () => 0)
  if (uid !== 0) return { name: `user ${uid}`, uid, gid }
  for (const name of ["postgres", "nobody"]) {
    const user = yield* runAs(undefined, "id", ["-u", name])
    const group = yield* runAs(undefined, "id", ["-g", name])
    if (user.code === 0 && group.code === 0) return { name, uid: Number(user.output), gid: Number(group.output) }
  }
  const detail = `PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody"`
  return yield* new EmbeddedPostgresError({ reason: { _tag: "NotPermitted", folder: dataDir, detail } })
})

/**
 * The first part of `path`, from the root down, that `account` may not enter (or, for a file, execute). The system is
 * asked rather than the mode bits read, so access lists count too.
 */
export const blockedAt = Effect.fn("PostgresAccount.blockedAt")(function* (path: string, account: PostgresAccount) {
  const parts = [path]
  for (let part = path; dirname(part) !== part; part = dirname(part)) parts.unshift(dirname(part))
  const test = 'for part; do test -x "$part" || { printf %s "$part"; exit 1; }; done'
  const { code, output } = yield* runAs(account, "/bin/sh", ["-c", test, "sh", ...parts])
  return code === 0 ? Option.none<string>() : Option.some(output)
})

/** Whether a process with this id exists, under whatever account. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
