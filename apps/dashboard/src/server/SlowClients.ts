/**
 * Limits that keep slow or hostile clients from holding connections, for the server that this process listens with. Node's
 * own are a minute for headers and five for a body, looked at twice a minute.
 */
import { subscribe } from "node:diagnostics_channel"
import { Server } from "node:http"

/**
 * As long as the control plane gives them: headers must arrive within 5 s and bodies within 15 s, else they are answered
 * 408; keep-alive outlives the 60 s of common load balancers. In milliseconds.
 */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000
}

/** Runs once when the server starts. Nitro's own file makes the server and takes no options: Node says when it listens. */
export default (): void =>
  subscribe("tracing:net.server.listen:asyncStart", (message) => {
    const { server } = message as { readonly server: unknown }
    if (server instanceof Server) Object.assign(server, limits)
  })
