/**
 * Servers of gRPC's health protocol as targets, on free ports of 127.0.0.1: over HTTP/2, in clear or over TLS.
 */
import { Effect, type Scope } from "effect"
import { createSecureServer, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2"
import type { AddressInfo, Socket } from "node:net"
import type { KeyPair } from "./Certificates.ts"

/** A running server. `calls` are in the order of arrival: header fields and the framed request. */
export interface GrpcTarget {
  readonly port: number
  readonly calls: ReadonlyArray<{ readonly headers: IncomingHttpHeaders; readonly framed: Buffer }>
}

/** Starts one that does with each call as it likes, once it is complete; it ends with the scope. */
export const make = (
  onCall: (stream: ServerHttp2Stream) => void,
  tls?: KeyPair
): Effect.Effect<GrpcTarget, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<GrpcTarget & { readonly close: () => void }>((resume) => {
      const calls: Array<GrpcTarget["calls"][number]> = []
      const sockets = new Set<Socket>()
      const server = tls === undefined ? createServer() : createSecureServer(tls)
      server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => sockets.add(socket))
      server.on("sessionError", () => {})
      server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
        const chunks: Array<Buffer> = []
        stream.on("error", () => {})
        stream.on("data", (chunk: Buffer) => chunks.push(chunk))
        stream.on("end", () => {
          calls.push({ headers, framed: Buffer.concat(chunks) })
          onCall(stream)
        })
      })
      const close = (): void => {
        for (const socket of sockets) socket.destroy()
        server.close()
      }
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, calls, close }))
      )
    }),
    ({ close }) => Effect.sync(close)
  )

/** The header fields of an answer of gRPC. */
export const headers = { ":status": 200, "content-type": "application/grpc" }

/** Answers with these bytes and this status in trailers. */
export const answering =
  (framed: Buffer, trailers: Record<string, string> = { "grpc-status": "0" }) =>
  (stream: ServerHttp2Stream): void => {
    stream.respond(headers, { waitForTrailers: true })
    stream.on("wantTrailers", () => stream.sendTrailers(trailers))
    stream.end(framed)
  }

/** Answers with a status alone, without a message and without trailers. */
export const failing =
  (grpcStatus: string, grpcMessage = "") =>
  (stream: ServerHttp2Stream): void =>
    stream.respond({ ...headers, "grpc-status": grpcStatus, "grpc-message": grpcMessage }, { endStream: true })

/** A framed response with this serving status. */
export const serving = (status: number): Buffer => Buffer.from([0, 0, 0, 0, 2, 8, status])
