/**
 * Targets that are slow, broken or hostile, on free ports of 127.0.0.1: what an executor must survive and name.
 *
 * Each ends with the scope, and takes its open connections along.
 */
import { Effect, type Scope } from "effect"
import { createServer as createHttpServer, type RequestListener } from "node:http"
import * as http2Server from "node:http2"
import { createServer as createHttpsServer, type ServerOptions } from "node:https"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import * as zlib from "node:zlib"
import type { Authority, KeyPair } from "./Certificates.ts"

/** A target. `url` has no path; `connections` counts what was accepted since the start. */
export interface HostileTarget {
  readonly url: string
  readonly port: number
  readonly connections: () => number
}

const listen = (scheme: "http" | "https", makeServer: () => Server): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<HostileTarget & { readonly close: Effect.Effect<void> }>((resume) => {
      const sockets = new Set<Socket>()
      let connections = 0
      const server = makeServer()
      server.on("connection", (socket: Socket) => {
        connections++
        sockets.add(socket)
        socket.once("close", () => sockets.delete(socket))
        // Clients that hang up are what most of these targets are for.
        socket.on("error", () => {})
      })
      const close = Effect.callback<void>((closed) => {
        server.close(() => closed(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ url: `${scheme}://127.0.0.1:${port}`, port, connections: () => connections, close }))
      })
    }),
    ({ close }) => close
  )

/** Answers requests as it likes; over TLS with a key pair. */
export const http = (
  listener: RequestListener,
  tls?: KeyPair & ServerOptions
): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  tls === undefined
    ? listen("http", () => createHttpServer(listener))
    : listen("https", () => createHttpsServer(tls, listener))

/** Answers streams of HTTP/2 as it likes: over TLS with a key pair, where `allowHTTP1` admits others; else in the clear. */
export const http2 = (
  listener: (stream: http2Server.ServerHttp2Stream, headers: http2Server.IncomingHttpHeaders) => void,
  tls?: KeyPair & http2Server.SecureServerOptions
): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  listen(tls === undefined ? "http" : "https", () => {
    const server = tls === undefined ? http2Server.createServer() : http2Server.createSecureServer(tls)
    // Of clients that hang up in the middle.
    server.on("session", (session) => session.on("error", () => {}))
    return server.on("stream", (stream, headers) => {
      stream.on("error", () => {})
      listener(stream, headers)
    })
  })

/** Does as it likes with each connection. */
export const raw = (onConnection: (socket: Socket) => void): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  listen("http", () => createServer(onConnection))

/** Sends these bytes once it has read something, then ends the connection. */
export const answering = (bytes: string | Buffer): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  raw((socket) => socket.once("data", () => socket.end(bytes)))

/** Waits before the first byte, and again in the middle of a body of 1,024 bytes. */
export const slow = (options: {
  readonly ttfbMs: number
  readonly downloadMs: number
}): Effect.Effect<HostileTarget, never, Scope.Scope> => http(slowly(options))

/** As {@link slow}, over TLS, after leaving the client's hello unread for `tlsMs`. */
export const slowTls = (
  options: { readonly tlsMs: number; readonly ttfbMs: number; readonly downloadMs: number },
  tls: KeyPair
): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  listen("https", () => {
    const inner = createHttpsServer(tls, slowly(options))
    return createServer({ pauseOnConnect: true }, (socket) => {
      setTimeout(() => inner.emit("connection", socket), options.tlsMs)
    })
  })

/** Nobody listens there (any more). */
export const refusing: Effect.Effect<HostileTarget> = Effect.scoped(raw(() => {}))

/** Accepts, and never says a word. */
export const silent: Effect.Effect<HostileTarget, never, Scope.Scope> = raw((socket) => socket.resume())

/** Resets the connection when it has read the request: before the answer, or in the middle of its body. */
export const resetting = (when: "head" | "body"): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  raw((socket) =>
    socket.once("data", () => {
      if (when === "head") socket.resetAndDestroy()
      else socket.write(`${head(1_000)}half`, () => setTimeout(() => socket.resetAndDestroy(), 20))
    })
  )

/** Promises 1,000 bytes and closes after four. */
export const closingEarly: Effect.Effect<HostileTarget, never, Scope.Scope> = answering(
  `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nfour`
)

/** A byte of the header section, or of the body, each `everyMs`, for ever. */
export const dripping = (what: "head" | "body", everyMs: number): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  raw((socket) =>
    socket.once("data", () => {
      socket.write(what === "head" ? "HTTP/1.1 200 OK\r\nx-long: " : head(1_000_000))
      const timer = setInterval(() => socket.write("a"), everyMs)
      socket.once("close", () => clearInterval(timer))
    })
  )

/** A body without end, as fast as it is read. */
export const endless: Effect.Effect<HostileTarget, never, Scope.Scope> = http((_, response) => {
  const chunk = Buffer.alloc(65_536, "a")
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on("drain", more)
  more()
})

const zeros = (): Buffer => Buffer.alloc(8_388_608)

const bombs = {
  gzip: () => Buffer.concat(Array.from({ length: 25 }, () => zlib.gzipSync(zeros()))),
  deflate: () => zlib.deflateSync(zeros()),
  zstd: () => zlib.zstdCompressSync(zeros()),
  br: () => zlib.brotliCompressSync(zeros(), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })
}

/** A body of a few kilobytes that inflates to 8 or 200 mebibytes of zeros. */
export const bomb = (coding: keyof typeof bombs): Effect.Effect<HostileTarget, never, Scope.Scope> => {
  const body = bombs[coding]()
  return http((_, response) => response.writeHead(200, { "content-encoding": coding }).end(body))
}

/** A body of gzip that holds nothing, for ever: as many empty members as are read. */
export const hollow: Effect.Effect<HostileTarget, never, Scope.Scope> = Effect.suspend(() => {
  const empty = zlib.gzipSync("")
  const chunk = Buffer.concat(Array.from({ length: 1_000 }, () => empty))
  return http((_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" })
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on("drain", more)
    more()
  })
})

/** Presents a chain of ten megabytes. */
export const endlessChain = (authority: Authority): Effect.Effect<HostileTarget, never, Scope.Scope> => {
  const large = authority.issue({ names: Array.from({ length: 2_000 }, (_, i) => `name-${i}.of.a.large.test`) })
  const own = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })
  const times = Math.ceil(10_000_000 / (large.cert.length * 0.75))
  return http((_, response) => response.end(), { key: own.key, cert: own.cert + large.cert.repeat(times) })
}

/** Redirects each request to where `locationOf` says. */
export const redirecting = (
  locationOf: (path: string) => string,
  status = 302
): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  http((request, response) => response.writeHead(status, { location: locationOf(request.url ?? "/") }).end())

const head = (length: number): string => `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`

const slowly =
  ({ downloadMs, ttfbMs }: { readonly ttfbMs: number; readonly downloadMs: number }): RequestListener =>
  (_, response) => {
    setTimeout(() => {
      response.write("a".repeat(512))
      setTimeout(() => response.end("b".repeat(512)), downloadMs)
    }, ttfbMs)
  }
