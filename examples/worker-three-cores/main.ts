/**
 * A worker with three cores for its checks, and a control plane beside it. Three monitors with intervals of their own are
 * three jobs, and each job has its process.
 */
import { createClient } from "@openseer/client"
import { OpenSeer, toNodeListener } from "@openseer/server"
import { Worker } from "@openseer/worker-sdk"
import { ManagedRuntime, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { executors, PrimesCheck } from "./PrimesCheck.ts"

const clusterToken = randomUUID()
const adminKey = randomUUID()
const openSeer = await OpenSeer.start({
  databaseUrl: process.env["DATABASE_URL"] ?? "postgres://localhost/openseer",
  checkTypes: [PrimesCheck],
  clusterToken,
  authenticate: async ({ headers }) =>
    headers["authorization"] === `Bearer ${adminKey}`
      ? { id: "admin", organizationId: "example", scopes: ["admin"] }
      : null
})
const server = createServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
await once(server, "listening")
const controlPlane = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const client = createClient({ baseUrl: controlPlane, apiKey: adminKey })
for (const seconds of [1, 2, 3]) {
  await client.monitors.create({
    name: `Every ${seconds} s`,
    kind: PrimesCheck.kind,
    spec: { below: 10_000 },
    intervalMs: 1_000 * seconds
  })
}

// The one line that makes the difference. The supervisor is this process: it leases, hands results in, and starts a
// process again that died.
const shards = { module: new URL("shard.ts", import.meta.url), count: 3 }
const worker = ManagedRuntime.make(
  Worker.layer({ controlPlane, enrollmentToken: Redacted.make(clusterToken), region: "here", executors, shards })
)
await worker.context()

// Until each monitor was found up.
const up = new Set<string>()
for await (const { data, event } of client.events()) {
  if (event === "state" && data.state === "up") up.add(data.monitorId)
  if (up.size === 3) break
}

await worker.dispose()
server.close(() => void openSeer.stop())
server.closeAllConnections()
