/**
 * Name servers as targets, on one free port of 127.0.0.1 for UDP and TCP: they answer with bytes, right or wrong.
 */
import { Effect, type Scope } from "effect"
import { createSocket, type Socket as UdpSocket } from "node:dgram"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { type Answer, decode, encode } from "dns-packet"

/** How a question came. */
export type Transport = "udp" | "tcp"

/** A running target. `questions` are in the order of arrival. */
export interface DnsTarget {
  readonly port: number
  readonly questions: ReadonlyArray<Transport>
}

/** What comes back for a question: messages, each whole; none is silence. */
export type Responder = (query: Buffer, transport: Transport) => ReadonlyArray<Buffer>

/** Starts one; it ends with the scope. */
export const make = (respond: Responder): Effect.Effect<DnsTarget, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<DnsTarget & { readonly close: () => void }>((resume) => {
      const questions: Array<Transport> = []
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("data", (chunk) => {
          questions.push("tcp")
          for (const message of respond(chunk.subarray(2), "tcp")) socket.write(framed(message))
        })
      })
      const tryPort = (): void => {
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          const udp: UdpSocket = createSocket("udp4")
          const close = (): void => {
            udp.close()
            server.close()
            for (const socket of sockets) socket.destroy()
          }
          // Someone else's UDP socket may have the port that is free for TCP.
          udp.once("error", () => {
            udp.close()
            server.close(tryPort)
          })
          udp.on("message", (query, from) => {
            questions.push("udp")
            for (const message of respond(query, "udp")) udp.send(message, from.port, from.address)
          })
          udp.bind(port, "127.0.0.1", () => {
            resume(Effect.succeed({ port, questions, close }))
          })
        })
      }
      tryPort()
    }),
    ({ close }) => Effect.sync(close)
  )

/** An answer to a question, with these records. `flags` are added to those of an answer, `rcode` is its code. */
export const answer = (
  query: Buffer,
  answers: ReadonlyArray<Answer>,
  { flags = 0, rcode = 0 }: { readonly flags?: number; readonly rcode?: number } = {}
): Buffer => {
  const { questions = [] } = decode(query)
  const bytes = encode({
    type: "response",
    id: query.readUInt16BE(0),
    flags,
    questions: [...questions],
    answers: [...answers]
  })
  bytes[3] = (bytes[3]! & 0xf0) | rcode
  return bytes
}

/** The flag of an answer that does not fit. */
export const truncated = 0x0200

/** The flag of an answer that the server knows by itself. */
export const authoritative = 0x0400

/** The same message with another id. */
export const withId = (message: Buffer, id: number): Buffer => {
  const other = Buffer.from(message)
  other.writeUInt16BE(id, 0)
  return other
}

/** An answer whose one record has this name, in bytes: pointers that lead in circles, say. It begins at {@link nameOffset}. */
export const withName = (query: Buffer, name: ReadonlyArray<number>): Buffer => {
  const head = answer(query, [])
  head.writeUInt16BE(1, 6)
  return Buffer.concat([head, Buffer.from(name), Buffer.from([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])])
}

/** Where the record of {@link withName} begins. */
export const nameOffset = (query: Buffer): number => answer(query, []).length

const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
