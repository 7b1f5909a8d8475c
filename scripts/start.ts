/**
 * `npm start`: the whole of OpenSeer on one machine, as supervised child processes: the control plane (with an embedded
 * PostgreSQL unless DATABASE_URL is set), the dashboard, and one worker of the region `local`. A child that dies is
 * started again. With `--dev` (`npm run dev`) the dashboard is served from its sources and reloads as they change.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import * as DashboardBuild from "./dashboard/DashboardBuild.ts"

const isDev = process.argv.includes("--dev")

const urlOf = (host: string, port: number): string => {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`
}

// An empty value counts as not set, as it does for the processes that are started here.
const {
  OPENSEER_DASHBOARD_HOST: dashboardHost = "127.0.0.1",
  OPENSEER_DASHBOARD_PORT: dashboardPort = "3000",
  ...given
} = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""))
const dataDir = given["OPENSEER_DATA_DIR"] ?? ".openseer"
const url = urlOf(given["OPENSEER_HOST"] ?? "127.0.0.1", Number(given["OPENSEER_PORT"] ?? 8080))
const dashboardUrl = urlOf(dashboardHost, Number(dashboardPort))
/** Where people open it: browsers trust this name, and keep cookies for it that need https elsewhere. */
const publicUrl = given["OPENSEER_PUBLIC_URL"] ?? dashboardUrl.replace("//127.0.0.1:", "//localhost:")

const readyMsMax = 60_000
const buildMsMax = 180_000
const restartMs = 1_000
/** The worker may drain for 10 s and hand in for 10 more before it is killed. */
const stopMsMax = 25_000

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const environment: NodeJS.ProcessEnv = {
  ...given,
  OPENSEER_PUBLIC_URL: publicUrl,
  // Lets the local worker in, and nobody else: it is made anew at each start and leaves this machine nowhere.
  OPENSEER_CLUSTER_TOKEN: given["OPENSEER_CLUSTER_TOKEN"] ?? randomBytes(32).toString("base64url")
}

interface Child {
  readonly args: ReadonlyArray<string>
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
}

const dashboard: Child = {
  ...(isDev
    ? { args: [DashboardBuild.vitePath(), "dev"], cwd: DashboardBuild.dashboardFolder }
    : { args: [DashboardBuild.serverPath] }),
  env: {
    ...given,
    OPENSEER_CONTROL_PLANE_URL: url,
    OPENSEER_DASHBOARD_HOST: dashboardHost,
    OPENSEER_DASHBOARD_PORT: dashboardPort,
    NITRO_HOST: dashboardHost,
    NITRO_PORT: dashboardPort,
    NODE_ENV: isDev ? "development" : "production",
    // Seconds. An open page holds an event stream, which would be waited for.
    SERVER_SHUTDOWN_TIMEOUT: "1"
  }
}

const children = {
  "control plane": {
    args: ["--conditions=@openseer/source", path("../packages/server/src/cli/bin.ts"), "start"],
    env: environment
  } as Child,
  dashboard,
  worker: {
    // A small young generation: a scavenge's pause grows with its dead socket handles, and pauses falsify timings.
    args: ["--conditions=@openseer/source", "--max-semi-space-size=2", path("../apps/worker/src/bin.ts"), "run"],
    env: {
      ...environment,
      OPENSEER_CONTROL_PLANE_URL: url,
      OPENSEER_REGION: given["OPENSEER_REGION"] ?? "local",
      OPENSEER_WORKER_TOKEN_FILE: given["OPENSEER_WORKER_TOKEN_FILE"] ?? `${dataDir}/worker.json`,
      // One process is enough for one machine's worth of monitors, and leaves the cores to the rest.
      OPENSEER_WORKER_SHARDS: given["OPENSEER_WORKER_SHARDS"] ?? "1",
      OPENSEER_WORKER_REENROLL: given["OPENSEER_WORKER_REENROLL"] ?? "true",
      // Whoever starts this owns the machine, and its own services are the first thing to watch.
      OPENSEER_EGRESS_ALLOW: process.env["OPENSEER_EGRESS_ALLOW"] ?? "127.0.0.0/8,::1,self"
    }
  } as Child
}
type Name = keyof typeof children

const running = new Map<Name, ChildProcess>()
let stopping = false

const launch = (name: Name): void => {
  if (stopping) return
  const { args, cwd, env } = children[name]
  // Vite wants keys from a terminal; nobody else reads.
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "inherit", "inherit"], ...(cwd ? { cwd } : {}) })
  running.set(name, child)
  child.once("exit", (code, signal) => {
    running.delete(name)
    if (stopping) return
    console.error(`${name} ended (${signal ?? code}), starting it again`)
    setTimeout(() => launch(name), restartMs)
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

/** The dashboard first: it only asks. Then the worker, which hands its results in and gives its leases back. */
const stop = async (exitCode = 0): Promise<void> => {
  if (stopping) return
  stopping = true
  await stopChild("dashboard")
  await stopChild("worker")
  await stopChild("control plane")
  process.exit(exitCode)
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop())

const startedAt = performance.now()

/** Waits until a page answers. One that does not in time ends it all. */
const until = async (name: Name, page: string, msMax: number): Promise<void> => {
  const end = performance.now() + msMax
  const answers = () =>
    fetch(page).then(
      ({ ok }) => ok,
      () => false
    )
  while (!(await answers())) {
    if (stopping) return
    if (performance.now() > end) {
      console.error(`the ${name} was not ready after ${msMax / 1_000} s; what it said is above`)
      return stop(1)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A port that is taken is said at once: the dashboard's is the one that many programs want. */
const isFree = (): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(Number(dashboardPort), dashboardHost, () => server.close(() => resolve(true)))
  })

const startDashboard = async (): Promise<void> => {
  if (!isDev && DashboardBuild.isStale()) {
    console.log("building the dashboard, once: about 15 s")
    await DashboardBuild.ensure()
  }
  launch("dashboard")
  await until("dashboard", `${dashboardUrl}/favicon.svg`, buildMsMax)
}

const startControlPlane = async (): Promise<void> => {
  launch("control plane")
  await until("control plane", `${url}/readyz`, readyMsMax)
  launch("worker")
}

if (!/^\d{1,5}$/.test(dashboardPort) || Number(dashboardPort) > 65_535) {
  console.error(`OPENSEER_DASHBOARD_PORT: must be a port, and is ${JSON.stringify(dashboardPort)}`)
  process.exit(1)
}
if (!(await isFree())) {
  console.error(`The dashboard can't listen on ${dashboardUrl}: set OPENSEER_DASHBOARD_PORT to a port that is free`)
  process.exit(1)
}
// In parallel: the build needs nobody, and the control plane takes seconds to be ready.
await Promise.all([
  startControlPlane(),
  startDashboard().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    return stop(1)
  })
])
/** Whether nobody has claimed the instance yet. */
const needsSetup = (): Promise<boolean> =>
  fetch(`${url}/api/v1/auth/options`)
    .then((response) => response.json() as Promise<{ readonly needsSetup?: boolean }>)
    .then(({ needsSetup: needed }) => needed === true)
    .catch(() => false)

if (!stopping) {
  const claim = (await needsSetup()) ? "\n  claim it   open the setup link that the control plane printed above" : ""
  console.log(`
OpenSeer is ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s
  dashboard  ${publicUrl}${claim}
  API        ${url}/api/v1    reference: ${url}/docs
  data       ${given["DATABASE_URL"] ? "DATABASE_URL" : `${dataDir}/postgres (embedded PostgreSQL)`}
  API key    in the dashboard under Settings, or once with npx openseer bootstrap
  stop       Ctrl-C
`)
}
