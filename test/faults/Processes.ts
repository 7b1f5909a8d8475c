/**
 * The real programs as child processes: control planes, workers, and the means to kill them.
 */
import { Effect, Schedule, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { createServer, type AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"

/** A program of ours that is started, killed and started again. */
export interface Program {
  readonly name: string
  /** SIGKILL, without warning. Does nothing when it is not running. */
  readonly kill: Effect.Effect<void>
  /** SIGTERM, and waits for the end. Answers the exit code. */
  readonly stop: Effect.Effect<number | null>
  /** Starts it, if it is not running. */
  readonly start: Effect.Effect<void>
  /** Whether it ended although nobody asked it to. */
  readonly endedByItself: () => boolean
  /** The process id while it runs. */
  readonly pid: () => number | undefined
  /** What it wrote to its console. */
  readonly output: () => string
}

/** What programs of ours get of this process: where programs are, and where compiled sources are kept, if they are. */
export const inherited: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"]
}

const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const bins = {
  openseer: source("packages/server/src/cli/bin.ts"),
  "openseer-worker": source("apps/worker/src/bin.ts")
}

const ended = (child: ChildProcess) =>
  Effect.callback<number | null>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) resume(Effect.succeed(child.exitCode))
    else child.once("exit", (code) => resume(Effect.succeed(code)))
  })

/** A program that is killed when the scope ends. It is not started yet. */
export const program = (
  name: string,
  bin: keyof typeof bins,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv
): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.gen(function* () {
    let child: ChildProcess | undefined
    let output = ""
    const end = (signal: NodeJS.Signals) =>
      Effect.suspend(() => {
        const current = child
        if (current === undefined) return Effect.succeed<number | null>(null)
        child = undefined
        current.kill(signal)
        return ended(current)
      })
    const start = Effect.sync(() => {
      if (child !== undefined) return
      const started = spawn(process.execPath, ["--conditions=@openseer/source", bins[bin], ...args], {
        env: { ...inherited, ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      for (const stream of [started.stdout, started.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          output = (output + chunk.toString()).slice(-20_000)
        })
      }
      child = started
    })
    yield* Effect.addFinalizer(() => end("SIGKILL"))
    return {
      name,
      start,
      stop: end("SIGTERM"),
      kill: Effect.asVoid(end("SIGKILL")),
      endedByItself: () => child !== undefined && (child.exitCode !== null || child.signalCode !== null),
      pid: () => child?.pid,
      output: () => output
    }
  })

/** A port of 127.0.0.1 that is free now. */
export const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Asks until the control plane is ready; dies after 30 s with what it wrote. */
export const untilReady = (url: string, control: Program): Effect.Effect<void> =>
  Effect.tryPromise(() => fetch(`${url}/readyz`)).pipe(
    Effect.flatMap((response) => (response.ok ? Effect.void : Effect.fail("not ready"))),
    Effect.retry({ times: 300, schedule: Schedule.spaced("100 millis") }),
    Effect.catch(() => Effect.die(new Error(`${control.name} is not ready:\n${control.output()}`)))
  )
