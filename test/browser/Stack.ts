/**
 * All of OpenSeer on loopback, as it is deployed: a control plane with an embedded PostgreSQL, the dashboard's production
 * build, workers, and something to watch.
 */
import { execFile } from "node:child_process"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as DashboardBuild from "../../scripts/dashboard/DashboardBuild.ts"
import { inherited } from "../faults/Processes.ts"
import { freePort, launch, type Program } from "../Program.ts"
import * as Target from "./Target.ts"

/** What runs. */
export interface Stack extends AsyncDisposable {
  /** Where people open the dashboard, without a slash at its end. */
  readonly url: string
  /** Where workers find the control plane. */
  readonly controlPlaneUrl: string
  /** What claims the instance, as the console of the control plane shows it. */
  readonly setupLink: string
  readonly target: Target.Target
  /** Runs the command `openseer` beside the control plane; answers what it writes. */
  readonly openseer: (...args: ReadonlyArray<string>) => Promise<string>
  /** Runs a program of this repository beside the control plane, on its database; answers what it writes. */
  readonly run: (path: string, ...args: ReadonlyArray<string>) => Promise<string>
  /** Starts a worker with this of its environment; stopped with the stack, if not before. */
  readonly startWorker: (env: NodeJS.ProcessEnv) => Program
}

/** The cluster token of this stack. */
export const clusterToken = "a-cluster-token-for-tests-only-0123456789"

/** Runs a program of this repository from its sources. */
const fromSource = (path: string): Array<string> => [
  "--conditions=@openseer/source",
  fileURLToPath(new URL(`../../${path}`, import.meta.url))
]

/** Starts it with a worker of the region `local`. What `settingsOf` makes of its address is added to the control plane's. */
export const start = async (
  settingsOf: (url: string) => Promise<NodeJS.ProcessEnv> = async () => ({})
): Promise<Stack> => {
  const folder = await mkdtemp(join(tmpdir(), "openseer-browser-"))
  // Started by root, PostgreSQL runs as somebody else, who must be able to enter.
  await chmod(folder, 0o755)
  const [apiPort, port] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const controlPlaneUrl = `http://127.0.0.1:${apiPort}`
  const environment = {
    OPENSEER_DATA_DIR: join(folder, "data"),
    OPENSEER_PORT: String(apiPort),
    OPENSEER_PUBLIC_URL: url,
    OPENSEER_CLUSTER_TOKEN: clusterToken,
    // All browsers of a test come from one address, as no people do.
    OPENSEER_ANONYMOUS_REQUESTS_PER_MINUTE: "10000",
    ...(await settingsOf(url))
  }
  const programs: Array<Program> = []
  const openseer = "packages/server/src/cli/bin.ts"
  const run = async (path: string, ...args: ReadonlyArray<string>): Promise<string> =>
    (
      await promisify(execFile)(process.execPath, [...fromSource(path), ...args], {
        env: { ...inherited, ...environment }
      })
    ).stdout.trim()
  const startWorker = (own: NodeJS.ProcessEnv): Program => {
    const program = launch("worker", [...fromSource("apps/worker/src/bin.ts"), "run"], {
      OPENSEER_CONTROL_PLANE_URL: controlPlaneUrl,
      OPENSEER_WORKER_TOKEN_FILE: join(folder, `worker-${programs.length}.json`),
      OPENSEER_WORKER_SHARDS: "1",
      OPENSEER_EGRESS_ALLOW: "127.0.0.0/8",
      ...own
    })
    programs.push(program)
    return program
  }
  const stop = async (): Promise<void> => {
    for (const program of programs.toReversed()) await program.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const controlPlane = launch("control plane", [...fromSource(openseer), "start"], environment)
    programs.push(controlPlane)
    await DashboardBuild.ensure()
    const dashboard = launch("dashboard", [DashboardBuild.serverPath], {
      NODE_ENV: "production",
      NITRO_HOST: "127.0.0.1",
      NITRO_PORT: String(port),
      SERVER_SHUTDOWN_TIMEOUT: "1",
      OPENSEER_CONTROL_PLANE_URL: controlPlaneUrl
    })
    programs.push(dashboard)
    const [setupLink] = await controlPlane.said(/http\S+\/setup\?token=\S+/)
    await until(`${controlPlaneUrl}/readyz`, controlPlane)
    await until(`${url}/sign-in`, dashboard)
    startWorker({ OPENSEER_CLUSTER_TOKEN: clusterToken, OPENSEER_REGION: "local" })
    const target = await Target.start()
    return {
      url,
      controlPlaneUrl,
      setupLink,
      target,
      startWorker,
      run,
      openseer: (...args) => run(openseer, ...args),
      [Symbol.asyncDispose]: async () => {
        await stop()
        await target[Symbol.asyncDispose]()
      }
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Asks until it answers well. */
const until = async (url: string, program: Program, msMax = 60_000): Promise<void> => {
  const end = performance.now() + msMax
  while (
    !(await fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false))
  ) {
    if (performance.now() > end) throw new Error(`${url} does not answer well:\n${program.output()}`)
    await new Promise((again) => setTimeout(again, 50))
  }
}
