import { createClient } from "@openseer/client"
import { withDatabase } from "@openseer/example-ci"
import { OpenSeer, toNodeListener } from "@openseer/server"
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { RedisCheck } from "./RedisCheck.ts"

/** As much of Redis as the check talks to: it wants a password and has three clients. */
const answers: Readonly<Record<string, string>> = {
  PING: "+PONG\r\n",
  INFO: "$33\r\n# Clients\r\nconnected_clients:3\r\n\r\n"
}
const redis = createServer((socket) =>
  socket.on("data", (data) => {
    for (const [, command = ""] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n/gi)) {
      socket.write(answers[command.toUpperCase()] ?? "+OK\r\n")
    }
  })
).listen(0, "127.0.0.1")
await once(redis, "listening")
const { port } = redis.address() as AddressInfo

await withDatabase(async (databaseUrl) => {
  const clusterToken = "a-cluster-token-of-this-example-only"
  const openSeer = await OpenSeer.start({
    databaseUrl,
    checkTypes: [RedisCheck],
    clusterToken,
    authenticate: async () => ({ id: "admin", organizationId: "example", scopes: ["admin"] })
  })
  const server = createHttpServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
  await once(server, "listening")
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ baseUrl })
  const { token } = await client.enrollmentTokens.create({ region: "here" })
  const worker = spawn(process.execPath, ["--conditions=@openseer/source", "worker.ts"], {
    env: { ...process.env, OPENSEER_URL: baseUrl, OPENSEER_ENROLLMENT_TOKEN: token },
    stdio: "inherit"
  })
  try {
    const { id } = await client.monitors.create({
      name: "Sessions",
      kind: "redis",
      spec: { host: "127.0.0.1", port },
      intervalMs: 1_000,
      regions: ["here"],
      assertions: [
        { source: "detail", property: "$.connectedClients", comparison: "lessThan", expected: 3, severity: "degraded" }
      ]
    })
    for await (const { data, event } of client.events({ monitorId: id })) {
      // The first run of a fresh process may have been too slow to say anything of its target.
      if (event !== "result" || data.outcome === "error") continue
      console.log(data.outcome, data.message)
      assert.equal(data.outcome, "degraded")
      break
    }
  } finally {
    worker.kill("SIGTERM")
    await once(worker, "exit")
    redis.close()
    server.close()
    server.closeAllConnections()
    await openSeer.stop()
  }
})
