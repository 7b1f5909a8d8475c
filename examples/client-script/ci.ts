import { createClient } from "@openseer/client"
import { outputOf, withDatabase } from "@openseer/example-ci"
import { OpenSeer, toNodeListener } from "@openseer/server"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

await withDatabase(async (databaseUrl) => {
  const openSeer = await OpenSeer.start({
    databaseUrl,
    authenticate: async ({ headers }) =>
      headers["authorization"] === "Bearer admin" ? { id: "admin", organizationId: "example", scopes: ["admin"] } : null
  })
  const server = createServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
  await once(server, "listening")
  const OPENSEER_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const admin = createClient({ baseUrl: OPENSEER_URL, apiKey: "admin" })
    const { token } = await admin.apiKeys.create({ name: "sync", scopes: ["write"] })
    const env = { OPENSEER_URL, OPENSEER_API_KEY: token }

    assert.equal(await outputOf("sync.ts", env), "created Shop\ncreated Ledger\nShop is unknown\nLedger is unknown\n")
    const { items } = await admin.monitors.list()
    await admin.monitors.remove({ monitorId: items[0]?.id ?? "" })
    await admin.monitors.create({ name: "Old", spec: { url: "https://old.example.com" }, tags: ["team:payments"] })
    assert.match(await outputOf("sync.ts", env), /^created Shop\nremoved Old\n/)
    assert.doesNotMatch(await outputOf("sync.ts", env), /created|changed|removed/)
  } finally {
    server.close()
    server.closeAllConnections()
    await openSeer.stop()
  }
})
