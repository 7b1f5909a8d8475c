/**
 * A service on node:http, with OpenSeer inside: own routes first, everything else is OpenSeer's.
 */
import { OpenSeer, toNodeListener } from "@openseer/server"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** Stands for the sessions of your service: who is signed in, and for which customer. */
const sessions = new Map([
  ["alice", { userId: "alice", customer: "acme" }],
  ["bob", { userId: "bob", customer: "globex" }]
])

const openSeer = await OpenSeer.start({
  databaseUrl: process.env["DATABASE_URL"] ?? "postgres://localhost/openseer",
  // Your own sign-in. Each customer is an organization, made when it is first seen. API keys go on working beside it.
  authenticate: async ({ headers }) => {
    const session = sessions.get(/\bsession=(\w+)/.exec(headers["cookie"] ?? "")?.[1] ?? "")
    return session ? { id: session.userId, organizationId: session.customer, scopes: ["write"] } : null
  }
})
const openSeerListener = toNodeListener(openSeer.handler)

const server = createServer((request, response) => {
  if (request.url === "/") response.end("Hello from the service around OpenSeer\n")
  else openSeerListener(request, response)
})
server.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once("SIGTERM", () => {
  server.close(() => void openSeer.stop())
  server.closeIdleConnections()
})
