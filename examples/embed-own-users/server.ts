/**
 * A service on node:http with users and sessions of its own, and OpenSeer behind them.
 */
import { type EmbedderPrincipal, OpenSeer, toNodeListener } from "@openseer/server"
import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

interface User {
  readonly id: string
  readonly name: string
  /** A service of yours stores a hash. */
  readonly password: string
  readonly customer: string
  readonly role: "support" | "engineer" | "lead"
}

/** Stand for the tables of your service. */
const users: ReadonlyArray<User> = [
  { id: "alice", name: "Alice Liddell", password: "wonderland", customer: "acme", role: "engineer" },
  { id: "carol", name: "Carol Danvers", password: "higher-further", customer: "acme", role: "lead" },
  { id: "sam", name: "Sam Vimes", password: "the-watch", customer: "acme", role: "support" },
  { id: "bob", name: "Bob Ross", password: "happy-trees", customer: "globex", role: "lead" }
]
const sessions = new Map<string, User>()

/** What each role of the service may do in OpenSeer: look, change monitors, manage workers, keys and read the log. */
const scopes: Record<User["role"], EmbedderPrincipal["scopes"]> = {
  support: ["read"],
  engineer: ["write"],
  lead: ["admin"]
}

const sessionOf = (cookie: string | undefined): string => /(?:^|; )sid=([\w-]+)/.exec(cookie ?? "")?.[1] ?? ""

const openSeer = await OpenSeer.start({
  databaseUrl: process.env["DATABASE_URL"] ?? "postgres://localhost/openseer",
  // Asked on every request, and every five seconds of an open event stream: who signs out is out at once.
  authenticate: async ({ headers }) => {
    const user = sessions.get(sessionOf(headers["cookie"]))
    return user ? { id: user.id, name: user.name, organizationId: user.customer, scopes: scopes[user.role] } : null
  }
})
const openSeerListener = toNodeListener(openSeer.handler)

const signIn = async (request: IncomingMessage): Promise<string | undefined> => {
  const form = new URLSearchParams(await text(request))
  const user = users.find(({ id, password }) => id === form.get("user") && password === form.get("password"))
  if (user === undefined) return undefined
  const session = randomBytes(32).toString("base64url")
  sessions.set(session, user)
  return session
}

const server = createServer((request, response) => {
  const route = `${request.method} ${request.url}`
  if (route === "POST /sign-in") {
    void signIn(request).then((session) => {
      if (session === undefined) response.writeHead(401).end("Who are you?\n")
      // In production also `Secure`. `SameSite` keeps other sites from acting for whoever is signed in here.
      else response.setHeader("set-cookie", `sid=${session}; HttpOnly; SameSite=Lax; Path=/`).end("Welcome\n")
    })
  } else if (route === "POST /sign-out") {
    sessions.delete(sessionOf(request.headers.cookie))
    response.end("Goodbye\n")
  } else openSeerListener(request, response)
})
server.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once("SIGTERM", () => {
  server.close(() => void openSeer.stop())
  server.closeIdleConnections()
})
