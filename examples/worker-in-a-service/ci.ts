import { createClient } from "@openseer/client"
import { withDatabase, withServer } from "@openseer/example-ci"
import { OpenSeer, toNodeListener } from "@openseer/server"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

await withDatabase(async (databaseUrl) => {
  const openSeer = await OpenSeer.start({
    databaseUrl,
    authenticate: async () => ({ id: "admin", organizationId: "example", scopes: ["admin"] })
  })
  const server = createServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
  await once(server, "listening")
  const OPENSEER_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ baseUrl: OPENSEER_URL })
  try {
    const { token: OPENSEER_ENROLLMENT_TOKEN } = await client.enrollmentTokens.create({ region: "inside" })
    await withServer("service.ts", { OPENSEER_URL, OPENSEER_ENROLLMENT_TOKEN }, async (url) => {
      const monitor = { name: "Itself", spec: { url }, intervalMs: 1_000, regions: ["inside"] }
      const { id } = await client.monitors.create(monitor)
      for await (const { data, event } of client.events({ monitorId: id })) {
        if (event !== "result") continue
        assert.equal(data.outcome, "up")
        break
      }
    })
  } finally {
    server.close()
    server.closeAllConnections()
    await openSeer.stop()
  }
})
