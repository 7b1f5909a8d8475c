/**
 * A service on Hono, with OpenSeer inside under `/openseer`. Both speak web-standard requests: nothing is in between.
 */
import { serve } from "@hono/node-server"
import { OpenSeer } from "@openseer/server"
import { Hono } from "hono"

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

const app = new Hono()
app.get("/", (context) => context.text("Hello from the service around OpenSeer\n"))
app.mount("/openseer", openSeer.handler)

const port = Number(process.env["PORT"] ?? 3000)
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (address) => {
  console.log(`http://127.0.0.1:${address.port}`)
})

process.once("SIGTERM", () => void server.close(() => void openSeer.stop()))
