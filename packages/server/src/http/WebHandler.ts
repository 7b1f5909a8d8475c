/**
 * Routes as a web-standard handler, and such a handler as a listener of Node's own HTTP server.
 */
import { type Effect, Layer, ManagedRuntime } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { notePeer } from "./ClientAddress.ts"
import { routerConfig, untraced } from "./Guards.ts"

/** A handler with what ends it. */
export interface WebHandler {
  readonly handler: (request: Request) => Promise<Response>
  readonly stop: () => Promise<void>
}

/**
 * Runs `first`, builds the routes, and answers when both are done; rejects when one of them fails. The services are
 * built once for both.
 */
export const make = async <Services, ServicesError, E, Needs>(
  services: Layer.Layer<Services, ServicesError>,
  first: Effect.Effect<unknown, unknown, Services>,
  routes: Layer.Layer<never, E, Needs>
): Promise<WebHandler> => {
  const memoMap = Layer.makeMemoMapUnsafe()
  const runtime = ManagedRuntime.make(services, { memoMap })
  try {
    await runtime.runPromise(first)
    const { dispose, handler } = HttpRouter.toWebHandler(
      routes.pipe(
        Layer.provide(services),
        Layer.provide(untraced),
        Layer.provide(HttpServer.layerServices)
      ) as Layer.Layer<never, E | ServicesError, HttpRouter.HttpRouter>,
      { memoMap, disableLogger: true, routerConfig }
    )
    // The layer is built in the background; its failure would reject every request.
    await handler(new Request("http://localhost/livez"))
    return {
      handler: (request) => handler(request),
      stop: async () => {
        await dispose()
        await runtime.dispose()
      }
    }
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}

/**
 * A listener for `node:http`, and a middleware for frameworks that take one, which hands each request to a web-standard
 * handler. The request is aborted when its connection closes. Must come before anything that reads bodies.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import { OpenSeer, toNodeListener } from "@openseer/server"
 *
 * const openSeer = await OpenSeer.start({ databaseUrl: "postgres://localhost/openseer" })
 * createServer(toNodeListener(openSeer.handler)).listen(8080)
 * ```
 */
export const toNodeListener =
  (handler: (request: Request) => Promise<Response>) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const aborted = new AbortController()
    response.once("close", () => aborted.abort())
    answer(handler, request, response, aborted.signal).catch(() => {
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  }

const answer = async (
  handler: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal
): Promise<void> => {
  const headers = new Headers()
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const method = request.method ?? "GET"
  const hasBody = method !== "GET" && method !== "HEAD"
  const standard = new Request(new URL(request.url ?? "/", "http://localhost"), {
    method,
    headers,
    signal,
    ...(hasBody ? { body: Readable.toWeb(request) as ReadableStream<Uint8Array>, duplex: "half" } : {})
  })
  notePeer(standard, request.socket.remoteAddress)
  const answered = await handler(standard)
  for (const [name, value] of answered.headers) if (name !== "set-cookie") response.setHeader(name, value)
  const cookies = answered.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader("set-cookie", cookies)
  response.writeHead(answered.status)
  if (answered.body === null) response.end()
  else {
    response.flushHeaders()
    await pipeline(answered.body, response)
  }
}
