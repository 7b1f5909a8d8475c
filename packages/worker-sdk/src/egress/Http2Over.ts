/**
 * HTTP/2 over a socket that {@link Dial} has opened.
 */
import * as http2 from "node:http2"
import type { Socket } from "node:net"
import { headerBytesMax } from "./Dial.ts"

/** The most header fields that an answer may have: beyond, Node cuts them off without a word. */
const headerPairsMax = 2_000

/** How much a server may send before it is read, in bytes: a window that no check's body limit goes beyond. */
const windowBytes = 1_048_576

/** A session over a connected socket that is nobody else's. Its first stream may be opened at once. */
export const http2Over = (socket: Socket, origin: string): http2.ClientHttp2Session => {
  const session = http2.connect(origin, {
    createConnection: () => socket,
    maxHeaderListPairs: headerPairsMax,
    settings: { enablePush: false, maxHeaderListSize: headerBytesMax, initialWindowSize: windowBytes }
  })
  outliveStreams(session)
  return session
}

/**
 * Keeps the native half of a session until its streams are freed.
 *
 * Node (24.21, 26.10) frees a destroyed stream, and the header fields that it had not handed out, one turn later, and
 * nothing of Node's keeps the session until then. Where the garbage collector takes it before, Node ends the process, and
 * with it the runs of all others: `Assertion failed: (current_nghttp2_memory_) == (0)`. A server has it in its hands: it
 * sends more header fields than it may.
 */
const outliveStreams = (session: http2.ClientHttp2Session): void => {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "kHandle")
  const native: unknown = key && Reflect.get(session, key)
  session.once("close", () => setImmediate(() => void native))
}
