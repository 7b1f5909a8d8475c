/**
 * WebSocket servers as targets, on free ports of 127.0.0.1: well-behaved ones, and such as break the protocol.
 */
import { Effect, type Scope } from "effect"
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws"
import type { KeyPair } from "./Certificates.ts"
import { type HostileTarget, raw } from "./HostileTargets.ts"

/** A running server. */
export interface WebSocketTarget {
  readonly port: number
  readonly requests: ReadonlyArray<IncomingMessage>
}

/** Starts one; it ends with the scope. Over TLS with a key pair. */
export const make = (
  onConnection: (webSocket: WebSocket) => void,
  { tls, ...options }: ServerOptions & { readonly tls?: KeyPair } = {}
): Effect.Effect<WebSocketTarget, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<WebSocketTarget & { readonly close: () => void }>((resume) => {
      const requests: Array<IncomingMessage> = []
      const server = tls === undefined ? createServer() : createTlsServer(tls)
      const webSockets = new WebSocketServer({ ...options, server })
      webSockets.on("connection", (webSocket, request) => {
        requests.push(request)
        webSocket.on("error", () => {})
        onConnection(webSocket)
      })
      const close = (): void => {
        for (const webSocket of webSockets.clients) webSocket.terminate()
        webSockets.close()
        server.close()
        server.closeAllConnections()
      }
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, requests, close }))
      )
    }),
    ({ close }) => Effect.sync(close)
  )

/** Upgrades as it should, and then sends these bytes as they are: frames, or none. */
export const framing = (
  send: (socket: Socket) => void,
  moreHeaders = ""
): Effect.Effect<HostileTarget, never, Scope.Scope> =>
  raw((socket) =>
    socket.once("data", (request) => {
      const key = /sec-websocket-key: (\S+)/i.exec(request.toString("latin1"))?.[1] ?? ""
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
          `sec-websocket-accept: ${accept}\r\n${moreHeaders}\r\n`
      )
      send(socket)
    })
  )
