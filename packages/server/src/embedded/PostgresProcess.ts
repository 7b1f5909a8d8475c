/**
 * One run of the `postgres` server on a data folder: start it, know when it is ready, know when it ends, stop it.
 *
 * On POSIX the server runs under a three-line shell, its lifeline, whose standard input is a pipe from this process.
 * When this process ends in any way, `kill -9` included, the pipe closes and the shell tells PostgreSQL to shut down
 * (SIGINT: clean, without waiting for clients), so no orphan is left holding the folder. Both are a session of their own:
 * Ctrl-C on the terminal reaches Node only, which drains first and then stops the server. Windows has no lifeline; there
 * an orphan must be ended by hand.
 *
 * A folder is guarded by PostgreSQL's own `postmaster.pid`. When that refuses, we wait while the holder is on its way out
 * (its Node was killed, or it is shutting down) and fail with `FolderInUse` otherwise.
 */
import { Deferred, Effect, FileSystem, Option, Schedule } from "effect"
import type { Duration, PlatformError, Scope } from "effect"
import { spawn, type ChildProcess } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { join } from "node:path"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { isAlive, runAs, spawnOptions, type PostgresAccount } from "./PostgresAccount.ts"
import type { PostgresBinaries } from "./PostgresBinaries.ts"

/** What to run: `data` is the cluster's folder, `settings` become `-c name=value`, `log` is appended to. */
export interface PostgresProcessOptions {
  readonly binaries: PostgresBinaries
  readonly account: PostgresAccount | undefined
  readonly folder: string
  readonly data: string
  readonly log: string
  readonly settings: Record<string, string>
}

/** A server that accepts connections. `exited` succeeds with its exit code when it has ended, for whatever reason. */
export interface PostgresProcess {
  readonly pid: number
  readonly exited: Effect.Effect<number>
}

// A crashed server replays up to 30 minutes of log before it is ready; a hung one must not hold the start for ever.
const startTimeout: Duration.Input = "10 minutes"
const readyPoll: Duration.Input = "10 millis"
const stopTimeout: Duration.Input = "30 seconds"
// How long a holder of the folder may take to leave. One that does not even begin to within 2 s is there to stay.
const lockRetryMillis = 200
const lockGraceMillis = 2_000
const lockStoppingMillis = 30_000

// SIGTERM and SIGHUP to the whole process group (systemd) must not cut the lifeline. The watcher is killed without
// mercy once the server is gone, lest it signals a process id that has been used again.
const lifeline = `trap "" TERM HUP INT
exec 3<&0
"$@" </dev/null >&2 3<&- &
server=$!
echo $server
( read -r _ <&3; kill -INT $server ) >/dev/null &
watcher=$!
wait $server
code=$?
kill -9 $watcher 2>/dev/null
exit $code`

/**
 * Starts the server and waits until it accepts connections; it is stopped when the scope closes. Fails with
 * `FolderInUse` or `StartFailed`.
 */
export const start: (
  options: PostgresProcessOptions
) => Effect.Effect<
  PostgresProcess,
  EmbeddedPostgresError | PlatformError.PlatformError,
  Scope.Scope | FileSystem.FileSystem
> = Effect.fn("PostgresProcess.start")(function* (options: PostgresProcessOptions) {
  for (let waited = 0; ; waited += lockRetryMillis) {
    const logged = yield* logSize(options.log)
    const child = yield* spawnServer(options)
    const code = yield* untilReady(options, child)
    if (code === undefined) return { pid: child.pid, exited: Deferred.await(child.exited) }

    const output = yield* logTail(options.log, logged)
    if (!/lock file "postmaster.pid" already exists|pre-existing shared memory block/.test(output)) {
      const detail = `it ended with code ${code}. Its log ${options.log} says:\n${child.failure() ?? output}`
      return yield* new EmbeddedPostgresError({ reason: { _tag: "StartFailed", folder: options.folder, detail } })
    }
    const holder = yield* readPidFile(options.data)
    if (Option.isSome(holder) && (yield* isSomebodyElse(holder.value.pid, options.data))) {
      yield* (yield* FileSystem.FileSystem).remove(join(options.data, "postmaster.pid"), { force: true })
    } else if (Option.isSome(holder)) {
      const leaving = holder.value.status === "stopping" || !isAlive(holder.value.pid)
      if (waited >= (leaving ? lockStoppingMillis : lockGraceMillis)) {
        const reason = { _tag: "FolderInUse", folder: options.folder, pid: holder.value.pid } as const
        return yield* new EmbeddedPostgresError({ reason })
      }
      yield* Effect.sleep(lockRetryMillis)
    }
  }
})

interface ServerChild {
  readonly pid: number
  readonly exited: Deferred.Deferred<number>
  readonly failure: () => string | undefined
}

const spawnServer = (options: PostgresProcessOptions) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const exited = yield* Deferred.make<number>()
      const child = spawnWithLog(options)
      let failure: string | undefined
      child.on("error", (error) => {
        failure = error.message
        Deferred.doneUnsafe(exited, Effect.succeed(-1))
      })
      child.on("exit", (code) => Deferred.doneUnsafe(exited, Effect.succeed(code ?? -1)))
      // A pipe to a program that has just ended is no error of ours: `exit` tells.
      child.stdin?.on("error", () => undefined)
      const pid = yield* Effect.raceFirst(serverPid(child), Effect.as(Deferred.await(exited), 0))
      return { pid, exited, child, failure: () => failure }
    }),
    ({ pid, exited, child }) => stop(options, pid, exited, child)
  )

const spawnWithLog = (options: PostgresProcessOptions): ChildProcess => {
  const { binaries, data, settings } = options
  const args = ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])]
  const base = { ...spawnOptions(options.account), cwd: data }
  const log = openSync(options.log, "a", 0o600)
  const child =
    process.platform === "win32"
      ? spawn(binaries.postgres, args, { ...base, stdio: ["ignore", log, log] })
      : spawn("/bin/sh", ["-c", lifeline, "sh", binaries.postgres, ...args], {
          ...base,
          detached: true,
          stdio: ["pipe", "pipe", log]
        })
  closeSync(log)
  return child
}

const serverPid = (child: ChildProcess) =>
  Effect.callback<number>((resume) => {
    if (child.stdout === null) resume(child.pid === undefined ? Effect.never : Effect.succeed(child.pid))
    else child.stdout.once("data", (line) => resume(Effect.succeed(Number(String(line)))))
  })

/** The exit code if the server ended before it was ready, `undefined` once it is. */
const untilReady = Effect.fnUntraced(function* (options: PostgresProcessOptions, child: ServerChild) {
  const ready = readPidFile(options.data).pipe(
    Effect.repeat({
      schedule: Schedule.spaced(readyPoll),
      until: (file) => Option.exists(file, ({ pid, status }) => pid === child.pid && status === "ready")
    }),
    Effect.as(undefined),
    Effect.timeoutOrElse({
      duration: startTimeout,
      orElse: () => {
        const detail = `it is not ready after ${String(startTimeout)}, see its log ${options.log}`
        return Effect.fail(
          new EmbeddedPostgresError({ reason: { _tag: "StartFailed", folder: options.folder, detail } })
        )
      }
    })
  )
  return yield* Effect.raceFirst(Deferred.await(child.exited), ready)
})

/** Asks for a fast shutdown (a checkpoint, then the end) and waits for it; a server that hangs is ended the hard way. */
const stop = (options: PostgresProcessOptions, pid: number, exited: Deferred.Deferred<number>, child: ChildProcess) =>
  Effect.gen(function* () {
    // First of all, and even if the shell has ended: should somebody have killed only the shell, this ends the server.
    child.stdin?.destroy()
    if (yield* Deferred.isDone(exited)) return
    if (process.platform === "win32") {
      yield* runAs(undefined, options.binaries.pgCtl, ["stop", "-D", options.data, "-m", "fast", "-w"])
    }
    for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
      const ended = yield* Effect.timeoutOption(Deferred.await(exited), stopTimeout)
      if (Option.isSome(ended)) return
      yield* Effect.logWarning(`embedded PostgreSQL ${pid} does not stop, sending ${signal}`)
      yield* Effect.sync(() => isAlive(pid) && process.kill(pid, signal))
    }
  })

/** The holder's process id (line 1) and status (line 8: starting, ready, stopping) as PostgreSQL writes them. */
const readPidFile = Effect.fnUntraced(function* (data: string) {
  const fs = yield* FileSystem.FileSystem
  const lines = Option.map(yield* Effect.option(fs.readFileString(join(data, "postmaster.pid"))), (s) => s.split("\n"))
  return Option.map(lines, (line) => ({ pid: Number(line[0]), status: line[7]?.trim() }))
})

// In a container that was killed, process ids start again from 1, and the one in a left-over postmaster.pid may now be
// anybody's: PostgreSQL then refuses for ever. A server works in its data folder, so one that is elsewhere is not it.
// Only Linux can tell; where the folder of a process cannot be read we take PostgreSQL's word.
const isSomebodyElse = Effect.fnUntraced(function* (pid: number, data: string) {
  const fs = yield* FileSystem.FileSystem
  const cwd = yield* Effect.option(fs.readLink(`/proc/${pid}/cwd`))
  const ours = yield* fs.realPath(data)
  return Option.exists(cwd, (folder) => folder !== ours)
})

const logSize = Effect.fnUntraced(function* (log: string) {
  const fs = yield* FileSystem.FileSystem
  return Option.match(yield* Effect.option(fs.stat(log)), { onNone: () => 0, onSome: ({ size }) => Number(size) })
})

/** What was logged since the log had `from` bytes, at most its last 2,000 characters. */
const logTail = Effect.fnUntraced(function* (log: string, from: number) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* fs.readFile(log)
  return new TextDecoder().decode(bytes.subarray(from)).trim().slice(-2_000)
})
