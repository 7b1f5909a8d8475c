/**
 * The control plane's own HTTP server, for processes that do nothing else.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Latch, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer, type Server } from "node:http"
import type { Duplex } from "node:stream"
import { Draining } from "./Draining.ts"
import { routerConfig, securityHeaders, untraced } from "./Guards.ts"

/** Where to listen. */
export interface NodeServerOptions {
  readonly host: string
  readonly port: number
}

/**
 * Limits that keep slow or hostile clients from holding connections: headers must arrive within 5 s and bodies within
 * 15 s, which Node looks at only twice a minute by itself; keep-alive outlives the 60 s of common load balancers.
 */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384
}

/**
 * Serves routes until the scope closes: then it ends event streams, accepts nothing more and gives requests in flight 5 s
 * to end.
 */
export const layer = <A, E, R>(routes: Layer.Layer<A, E, R>, { host, port }: NodeServerOptions) =>
  Layer.unwrap(
    Effect.sync(() => {
      const draining = Latch.makeUnsafe()
      const nodeServer = createServer(limits).on("clientError", answerUnreadable)
      const server = HttpRouter.serve(routes, { disableLogger: true, routerConfig }).pipe(
        Layer.provide(Layer.succeed(Draining, draining)),
        Layer.provide(untraced),
        Layer.provide(NodeHttpServer.layer(() => nodeServer, { host, port, gracefulShutdownTimeout: "5 seconds" }))
      )
      // Made after the server, so it ends before the server waits for its requests.
      const drain = Effect.addFinalizer(() => Effect.andThen(closeIdle(nodeServer), draining.open))
      return Layer.effectDiscard(drain).pipe(Layer.provideMerge(server))
    })
  )

/** Until the server is closed, closes connections as they become idle: Node only closes those that are when it begins. */
const closeIdle = (server: Server) =>
  Effect.sync(() => {
    const timer = setInterval(() => server.closeIdleConnections(), 50)
    server.once("close", () => clearInterval(timer))
  })

const unreadable: { readonly [code: string]: readonly [status: string, title: string] } = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The address or the headers are too long"],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request took too long"]
}

/** What Node's parser refuses reaches no route: it is answered as a problem here, and the connection ends. */
const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, title] = unreadable[error.code ?? ""] ?? ["400 Bad Request", "The request can't be read"]
  const body = JSON.stringify({ type: "urn:openseer:problem:bad-request", status: Number.parseInt(status), title })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      Object.entries(securityHeaders).reduce((text, [name, value]) => `${text}${name}: ${value}\r\n`, "") +
      `connection: close\r\n\r\n${body}`
  )
}
