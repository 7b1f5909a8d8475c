/** A program of ours in a process of its own: what it says can be waited for, and it is stopped as an operator stops it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"
import { inherited } from "./faults/Processes.ts"

/** A running program. */
export interface Program {
  /** All that it wrote so far. */
  readonly output: () => string
  /** Waits until it wrote something like this, and answers the match; fails with its output when it ends first. */
  readonly said: (what: RegExp, msMax?: number) => Promise<RegExpExecArray>
  /** SIGTERM, and waits for the end. */
  readonly stop: () => Promise<void>
}

/** Starts Node with these arguments; of the environment of this process it gets only what all programs need. */
export const launch = (name: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv): Program => {
  const child = spawn(process.execPath, args, { env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    output: () => output,
    said: async (what, msMax = 60_000) => {
      const until = performance.now() + msMax
      for (;;) {
        const found = what.exec(output)
        if (found !== null) return found
        if (hasEnded() || performance.now() > until) throw new Error(`${name} did not say ${what}, but:\n${output}`)
        await new Promise((again) => setTimeout(again, 20))
      }
    },
    stop: async () => {
      if (hasEnded()) return
      child.kill("SIGTERM")
      await once(child, "exit")
    }
  }
}

/** A port of 127.0.0.1 that is free now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
