/**
 * Nothing is left behind: what the bench started ends with it, also when it is interrupted or fails.
 */
import { type ChildProcess, fork, spawn } from "node:child_process"
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const endings: Array<() => void> = []

process.once("exit", () => {
  for (const ending of endings.toReversed()) ending()
})
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129]
] as const) {
  process.once(signal, () => process.exit(code))
}

/** A folder of our own, gone when this process is. Others may read it: nginx answers as nobody. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "openseer-checks-"))
  // Those who write there were just told to end, and do so in their own time.
  endings.push(() => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  return folder
}

/** The full path of a program, also where only root has it in the path; undefined when it is not installed. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/** Which core a process is kept on: what is measured on the first one, everything else on the second. */
export type Core = 0 | 1

/** Whether processes can be pinned: otherwise all of them share what there is. */
export const canPin = availableParallelism() > 1 && findProgram("taskset") !== undefined

/** A program on a core of its own, ended with this process. */
export const start = (core: Core, program: string, args: ReadonlyArray<string>): ChildProcess =>
  ended(
    canPin
      ? spawn("taskset", ["-c", String(core), program, ...args], { stdio: ["ignore", "pipe", "pipe"] })
      : spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] })
  )

/** A script of this folder on a core of its own, with a channel for messages; ended with this process. */
export const startScript = (core: Core, script: string, nodeOptions: ReadonlyArray<string> = []): ChildProcess => {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const execArgv = ["--conditions=@openseer/source", ...nodeOptions]
  return ended(
    canPin
      ? fork(path, { execPath: findProgram("taskset")!, execArgv: ["-c", String(core), process.execPath, ...execArgv] })
      : fork(path, { execArgv })
  )
}

/** Keeps this very process on a core. */
export const pinSelf = async (core: Core): Promise<void> => {
  if (!canPin) return
  await finished(spawn("taskset", ["-a", "-p", "-c", String(core), String(process.pid)], { stdio: "ignore" }))
}

/** The exit code of a process, once it has ended. */
export const finished = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((done) => child.once("exit", done))

/** Ends a process and waits until it has. */
export const stop = async (child: ChildProcess): Promise<void> => {
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000)
  await finished(child)
  clearTimeout(timer)
}

/** The next message of a script. Rejects when it ends without one. */
export const nextMessage = <A>(child: ChildProcess): Promise<A> =>
  new Promise((done, fail) => {
    const onExit = (code: number | null) => fail(new Error(`a process of the bench ended early, with ${code}`))
    child.once("exit", onExit)
    child.once("message", (message) => {
      child.off("exit", onExit)
      done(message as A)
    })
  })

/** Waits until a program has printed what matches, on either stream. Rejects with what it printed when it ends before. */
export const printed = (child: ChildProcess, pattern: RegExp): Promise<void> =>
  new Promise((done, fail) => {
    let output = ""
    const onData = (chunk: Buffer): void => {
      output += chunk.toString()
      if (!pattern.test(output)) return
      output = ""
      done()
    }
    child.stdout?.on("data", onData)
    child.stderr?.on("data", onData)
    child.once("error", fail)
    child.once("exit", (code) => fail(new Error(`${child.spawnargs.join(" ")} ended with ${code}: ${output}`)))
  })

const ended = (child: ChildProcess): ChildProcess => {
  endings.push(() => child.kill("SIGTERM"))
  return child
}
