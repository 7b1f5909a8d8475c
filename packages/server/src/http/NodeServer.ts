/**
 * The control plane's own HTTP server, for processes that do nothing else.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"

/** Where to listen. */
export interface NodeServerOptions {
  readonly host: string
  readonly port: number
}

/**
 * Limits that keep slow or hostile clients from holding connections: headers must arrive within 5 s and bodies within
 * 15 s; keep-alive outlives the 60 s of common load balancers.
 */
const limits = { headersTimeout: 5_000, requestTimeout: 15_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }

/** Serves routes until the scope closes: then it accepts nothing more and gives requests in flight 5 s to end. */
export const layer = <A, E, R>(routes: Layer.Layer<A, E, R>, { host, port }: NodeServerOptions) =>
  HttpRouter.serve(routes, { disableLogger: true }).pipe(
    Layer.provide(
      NodeHttpServer.layer(() => createServer(limits), { host, port, gracefulShutdownTimeout: "5 seconds" })
    )
  )
