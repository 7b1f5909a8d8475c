/**
 * `npm start`: the whole of OpenSeer on one machine, as supervised child processes: the control plane (with an embedded
 * PostgreSQL unless DATABASE_URL is set) and one worker of the region `local`. A child that dies is started again.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"

// An empty value counts as not set, as it does for the processes that are started here.
const host = process.env["OPENSEER_HOST"] || "127.0.0.1"
const port = Number(process.env["OPENSEER_PORT"] || 8080)
const dataDir = process.env["OPENSEER_DATA_DIR"] || ".openseer"
const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
const url = `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`

const readyMsMax = 60_000
const restartMs = 1_000
/** The worker may drain for 10 s and hand in for 10 more before it is killed. */
const stopMsMax = 25_000

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const environment: NodeJS.ProcessEnv = {
  ...process.env,
  // Lets the local worker in, and nobody else: it is made anew at each start and leaves this machine nowhere.
  OPENSEER_CLUSTER_TOKEN: process.env["OPENSEER_CLUSTER_TOKEN"] || randomBytes(32).toString("base64url")
}

const children = {
  "control plane": {
    args: [path("../packages/server/src/cli/bin.ts"), "start"],
    env: environment
  },
  worker: {
    // A small young generation: a scavenge's pause grows with its dead socket handles, and pauses falsify timings.
    args: ["--max-semi-space-size=2", path("../apps/worker/src/bin.ts"), "run"],
    env: {
      ...environment,
      OPENSEER_CONTROL_PLANE_URL: url,
      OPENSEER_REGION: process.env["OPENSEER_REGION"] || "local",
      OPENSEER_WORKER_TOKEN_FILE: process.env["OPENSEER_WORKER_TOKEN_FILE"] || `${dataDir}/worker.json`,
      // One process is enough for one machine's worth of monitors, and leaves the cores to the rest.
      OPENSEER_WORKER_SHARDS: process.env["OPENSEER_WORKER_SHARDS"] || "1",
      OPENSEER_WORKER_REENROLL: process.env["OPENSEER_WORKER_REENROLL"] || "true",
      // Whoever starts this owns the machine, and its own services are the first thing to watch.
      OPENSEER_EGRESS_ALLOW: process.env["OPENSEER_EGRESS_ALLOW"] ?? "127.0.0.0/8,::1,self"
    }
  }
}
type Name = keyof typeof children

const running = new Map<Name, ChildProcess>()
let stopping = false

const launch = (name: Name): void => {
  const { args, env } = children[name]
  const child = spawn(process.execPath, ["--conditions=@openseer/source", ...args], { env, stdio: "inherit" })
  running.set(name, child)
  child.once("exit", (code, signal) => {
    running.delete(name)
    if (stopping) return
    console.error(`${name} ended (${signal ?? code}), starting it again`)
    setTimeout(() => stopping || launch(name), restartMs)
  })
}

const stopChild = async (name: Name): Promise<void> => {
  const child = running.get(name)
  if (child === undefined) return
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax)
  await ended
  clearTimeout(timer)
}

/** The worker first: it hands its results in and gives its leases back. */
const stop = async (exitCode = 0): Promise<void> => {
  if (stopping) return
  stopping = true
  await stopChild("worker")
  await stopChild("control plane")
  process.exit(exitCode)
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop())

const isReady = async (): Promise<boolean> => {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

const startedAt = performance.now()
const untilReady = async (): Promise<void> => {
  while (!(await isReady())) {
    if (stopping) return
    if (performance.now() - startedAt > readyMsMax) {
      console.error(`the control plane was not ready after ${readyMsMax / 1_000} s; what it said is above`)
      return stop(1)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

launch("control plane")
await untilReady()
if (!stopping) {
  launch("worker")
  console.log(`
OpenSeer is ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s
  API        ${url}/api/v1    reference: ${url}/docs
  data       ${process.env["DATABASE_URL"] ? "DATABASE_URL" : `${dataDir}/postgres (embedded PostgreSQL)`}
  first key  npx openseer bootstrap    (in a second terminal, once)
  stop       Ctrl-C
`)
}
