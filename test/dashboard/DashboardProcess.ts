/**
 * The production build of the dashboard as a process of its own, before a control plane that answers as it is told.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as DashboardBuild from "../../scripts/dashboard/DashboardBuild.ts"

/** Answers one request to the control plane. */
export type Script = (request: IncomingMessage, response: ServerResponse) => void

/** A running dashboard, stopped at the end of the block that `using` it. */
export interface DashboardProcess extends AsyncDisposable {
  readonly url: string
  /** Replaces what the control plane does. */
  readonly script: (script: Script) => void
  /** What the dashboard wrote to its standard error. */
  readonly complaints: () => string
  /** Stops the control plane: nobody listens there any more. */
  readonly loseControlPlane: () => Promise<void>
}

const nothing: Script = (_, response) => response.writeHead(404).end()

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Builds it if need be, and starts both. `environment` is added to that of the dashboard. */
export const start = async (environment: NodeJS.ProcessEnv = {}): Promise<DashboardProcess> => {
  await DashboardBuild.ensure()
  let answer = nothing
  const controlPlane = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1")
  await once(controlPlane, "listening")
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [DashboardBuild.serverPath], {
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      NITRO_HOST: "127.0.0.1",
      NITRO_PORT: String(port),
      SERVER_SHUTDOWN_TIMEOUT: "1",
      OPENSEER_CONTROL_PLANE_URL: `http://127.0.0.1:${(controlPlane.address() as AddressInfo).port}`,
      ...environment
    },
    stdio: ["ignore", "ignore", "pipe"]
  })
  let complaints = ""
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString()
    process.stderr.write(chunk)
  })
  const close = async (): Promise<void> => {
    const closed = new Promise((done) => controlPlane.close(done))
    controlPlane.closeAllConnections()
    await closed
  }
  for (;;) {
    if (
      await fetch(`${url}/favicon.svg`).then(
        () => true,
        () => false
      )
    )
      break
    if (child.exitCode !== null) throw new Error(`the dashboard ended with ${child.exitCode}`)
    await new Promise((again) => setTimeout(again, 50))
  }
  return {
    url,
    script: (script) => {
      answer = script
    },
    complaints: () => complaints,
    loseControlPlane: close,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM")
      // One that renders for ever does not hear it.
      const last = setTimeout(() => child.kill("SIGKILL"), 5_000)
      if (child.exitCode === null) await once(child, "exit")
      clearTimeout(last)
      if (controlPlane.listening) await close()
    }
  }
}
