/**
 * `npm start`: the whole of OpenSeer on one machine, as supervised child processes: the control plane (with an embedded
 * PostgreSQL unless DATABASE_URL is set), the dashboard, and one worker of the region `local`. A child that dies is
 * started again, unless it never came up. How to claim an instance that nobody owns is the last thing that is said.
 *
 * With `--dev` (`npm run dev`) everything runs from its sources and follows them: the dashboard reloads what changed,
 * control plane and worker are started again.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
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
const { OPENSEER_HOST: apiHost = "127.0.0.1", OPENSEER_PORT: apiPort = "8080" } = given
const url = urlOf(apiHost, Number(apiPort))
const dashboardUrl = urlOf(dashboardHost, Number(dashboardPort))
/** Where people open it: browsers trust this name, and keep cookies for it that need https elsewhere. */
const publicUrl = given["OPENSEER_PUBLIC_URL"] ?? dashboardUrl.replace("//127.0.0.1:", "//localhost:")

const readyMsMax = 60_000
const buildMsMax = 180_000
const restartMs = 1_000
/** The worker may drain for 10 s and hand in for 10 more before it is killed. */
const stopMsMax = 25_000

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const openseer = path("../packages/server/src/cli/bin.ts")

/** Options of Node for our own sources, which Node starts again in development when one of them changes. */
const fromSource = ["--conditions=@openseer/source", ...(isDev ? ["--watch", "--watch-preserve-output"] : [])]

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
    args: [...fromSource, openseer, "start", "--no-setup-link"],
    env: environment
  } as Child,
  dashboard,
  worker: {
    // A small young generation: a scavenge's pause grows with its dead socket handles, and pauses falsify timings.
    args: [...fromSource, "--max-semi-space-size=2", path("../apps/worker/src/bin.ts"), "run"],
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
/** What has been ready once. */
const up = new Set<Name>()
let stopping = false

const launch = (name: Name): ChildProcess | undefined => {
  if (stopping) return
  const { args, cwd, env } = children[name]
  // Vite wants keys from a terminal; nobody else reads. By the channel the worker says when it is at work.
  const child = spawn(process.execPath, args, {
    env,
    stdio: ["ignore", "inherit", "inherit", ...(name === "worker" ? (["ipc"] as const) : [])],
    ...(cwd ? { cwd } : {})
  })
  running.set(name, child)
  child.once("exit", (code, signal) => {
    running.delete(name)
    if (stopping) return
    if (up.has(name)) {
      console.error(`${name} ended (${signal ?? code}), starting it again`)
      setTimeout(() => launch(name), restartMs)
    } else {
      console.error(`the ${name} could not start (${signal ?? code}); what it said is above`)
      void stop(1)
    }
  })
  return child
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

/** Who kills npm leaves what it runs to nobody: that ends as well. */
const parent = process.ppid
const isOrphan = (): boolean => process.env["npm_lifecycle_event"] !== undefined && process.ppid !== parent
setInterval(() => (isOrphan() ? void stop() : undefined), 1_000).unref()

const startedAt = performance.now()
const secondsSince = (at: number): string => ((performance.now() - at) / 1_000).toFixed(0)

/** Waits until something is so. What is not in time ends it all. */
const until = async (name: Name, isReady: () => Promise<boolean> | boolean, msMax: number): Promise<void> => {
  const end = performance.now() + msMax
  while (!(await isReady())) {
    if (stopping) return
    if (performance.now() > end) {
      console.error(`the ${name} was not ready after ${msMax / 1_000} s; what it said is above`)
      return stop(1)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  up.add(name)
}

const answers = (page: string) => (): Promise<boolean> =>
  fetch(page).then(
    ({ ok }) => ok,
    () => false
  )

const buildDashboard = async (): Promise<void> => {
  if (isDev || !DashboardBuild.isStale()) return
  const from = performance.now()
  console.log("Building the dashboard, once: about half a minute. Everything else is starting meanwhile.")
  const telling = setInterval(() => console.log(`Still building the dashboard, for ${secondsSince(from)} s`), 15_000)
  await DashboardBuild.ensure().finally(() => clearInterval(telling))
  console.log(`The dashboard is built, in ${secondsSince(from)} s`)
}

const startDashboard = async (): Promise<void> => {
  await buildDashboard()
  launch("dashboard")
  await until("dashboard", answers(`${dashboardUrl}/favicon.svg`), buildMsMax)
}

const startWorker = async (): Promise<void> => {
  let isAtWork = false
  launch("worker")?.on("message", (message) => (isAtWork ||= message === "ready"))
  await until("worker", () => isAtWork, readyMsMax)
}

/** Whether nobody has claimed the instance yet. */
const needsSetup = (): Promise<boolean> =>
  fetch(`${url}/api/v1/auth/options`)
    .then((response) => response.json() as Promise<{ readonly needsSetup?: boolean }>)
    .then(({ needsSetup: needed }) => needed === true)
    .catch(() => false)

/** A link that claims the instance, as `openseer setup-link` prints it. */
const setupLink = async (): Promise<string | undefined> => {
  if (!(await needsSetup())) return
  const child = spawn(process.execPath, ["--conditions=@openseer/source", openseer, "setup-link"], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"]
  })
  let said = ""
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
  await once(child, "close")
  return /^http\S+$/m.exec(said)?.[0]
}

/** Answers the setup link, if nobody owns the instance. */
const startControlPlane = async (): Promise<string | undefined> => {
  launch("control plane")
  await until("control plane", answers(`${url}/readyz`), readyMsMax)
  const [link] = await Promise.all([setupLink(), startWorker()])
  return link
}

const announce = (link: string | undefined): void => {
  const line = "─".repeat(78)
  console.log(`
${line}
OpenSeer is ready after ${secondsSince(startedAt)} s

  dashboard  ${publicUrl}
  API        ${url}/api/v1    reference: ${url}/docs
  data       ${given["DATABASE_URL"] ? "DATABASE_URL" : `${dataDir}/postgres (embedded PostgreSQL)`}
  API key    in the dashboard under Settings, or once with npx openseer bootstrap
  stop       Ctrl-C
${
  link === undefined
    ? ""
    : `
Nobody owns this instance yet. Open this link within 24 hours to make it yours:

  ${link}

Lost it? npx openseer setup-link prints another one.
`
}${line}
`)
}

/** A port that is taken is said at once, before anything is started. */
const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })

const refuse = (sentence: string): never => {
  console.error(sentence)
  process.exit(1)
}

for (const [name, host, port, what] of [
  ["OPENSEER_DASHBOARD_PORT", dashboardHost, dashboardPort, "dashboard"],
  ["OPENSEER_PORT", apiHost, apiPort, "API"]
] as const) {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    refuse(`${name}: must be a port, and is ${JSON.stringify(port)}`)
  if (!(await isFree(host, Number(port)))) {
    refuse(`The ${what} can't listen on ${urlOf(host, Number(port))}: set ${name} to a port that is free`)
  }
}

// In parallel: the build needs nobody, and the control plane takes seconds to be ready.
const [link] = await Promise.all([
  startControlPlane(),
  startDashboard().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    return stop(1)
  })
])
if (!stopping) announce((await needsSetup()) ? link : undefined)
