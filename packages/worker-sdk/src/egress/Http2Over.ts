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
export const http2Over = (socket: Socket, origin: string): http2.ClientHttp2Session =>
  http2.connect(origin, {
    createConnection: () => socket,
    maxHeaderListPairs: headerPairsMax,
    settings: { enablePush: false, maxHeaderListSize: headerBytesMax, initialWindowSize: windowBytes }
  })
