/**
 * A check type of your own from end to end, in one process; usually the worker is one of its own, on another machine.
 */
import { createClient } from "@openseer/client"
import { CheckFailure, Observation } from "@openseer/core"
import { OpenSeer, toNodeListener } from "@openseer/server"
import { Executor, Worker } from "@openseer/worker-sdk"
import { Effect, ManagedRuntime, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { statfs } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { performance } from "node:perf_hooks"
import { FreeDiskCheck } from "./FreeDiskCheck.ts"

/** One attempt: gives what it saw, or fails with the reason for which the target is down. */
const freeDiskExecutor = Executor.make(FreeDiskCheck, ({ freeRatioMin, path }) =>
  Effect.gen(function* () {
    const startedAt = performance.now()
    const { bavail, blocks } = yield* Effect.tryPromise({
      try: () => statfs(path),
      catch: () => new CheckFailure.TargetFailed({ reason: "check_failed", message: `can't look at ${path}` })
    })
    const freeRatio = bavail / blocks
    const observation: Observation.Observation = {
      totalUs: Math.round((performance.now() - startedAt) * 1_000),
      phases: Observation.noPhases,
      detail: { freeRatio }
    }
    if (freeRatio >= freeRatioMin) return observation
    const message = `${(100 * freeRatio).toFixed(1)} % of ${path} are free`
    return yield* new CheckFailure.TargetFailed({ reason: "check_failed", message, observation })
  })
)

// The control plane knows the check type. Whoever knows the cluster token may run workers for it.
const clusterToken = randomUUID()
const adminKey = randomUUID()
const openSeer = await OpenSeer.start({
  databaseUrl: process.env["DATABASE_URL"] ?? "postgres://localhost/openseer",
  checkTypes: [FreeDiskCheck],
  clusterToken,
  authenticate: async ({ headers }) =>
    headers["authorization"] === `Bearer ${adminKey}`
      ? { id: "admin", organizationId: "example", scopes: ["admin"] }
      : null
})
const server = createServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
await once(server, "listening")
const controlPlane = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

// A monitor of it, once a second.
const client = createClient({ baseUrl: controlPlane, apiKey: adminKey })
const { id } = await client.monitors.create({
  name: "Room on /",
  kind: FreeDiskCheck.kind,
  spec: { path: "/", freeRatioMin: 0.001 },
  intervalMs: 1_000
})

// The worker can execute it.
const worker = ManagedRuntime.make(
  Worker.layer({
    controlPlane,
    enrollmentToken: Redacted.make(clusterToken),
    region: "here",
    executors: [freeDiskExecutor]
  })
)
await worker.context()

// Its first three results.
let results = 0
for await (const { data, event } of client.events({ monitorId: id })) {
  if (event !== "result") continue
  console.log(data.outcome, data.message ?? `after ${data.totalUs} µs`)
  if (++results === 3) break
}

await worker.dispose()
server.close(() => void openSeer.stop())
server.closeAllConnections()
