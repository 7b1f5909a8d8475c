/**
 * A WebSocket over a socket that is dialled already.
 */
import type { ClientRequest, OutgoingHttpHeaders } from "node:http"
import type { Socket } from "node:net"
import { WebSocket } from "ws"
import { headerBytesMax } from "./Dial.ts"

/** What to ask for. */
export interface WebSocketOverOptions {
  readonly subprotocols: ReadonlyArray<string>
  readonly headers: OutgoingHttpHeaders
  /** The largest message that is taken, in bytes; a larger one is an `error`. */
  readonly messageBytesMax: number
  /** Gets the request of the upgrade, and has to end it. */
  readonly onRequest?: (request: ClientRequest) => void
}

/**
 * Asks for the upgrade, over a connected socket that is nobody else's; for `wss` one that has shaken hands. The URL gives
 * path and `Host` only: it is not resolved, and no redirect is followed. Messages are not compressed, so that none is
 * larger than it looks.
 */
export const webSocketOver = (socket: Socket, url: URL, options: WebSocketOverOptions): WebSocket =>
  new WebSocket(url, [...options.subprotocols], {
    createConnection: () => socket,
    headers: options.headers,
    maxPayload: options.messageBytesMax,
    perMessageDeflate: false,
    followRedirects: false,
    maxHeaderSize: headerBytesMax,
    insecureHTTPParser: false,
    ...(options.onRequest === undefined ? {} : { finishRequest: options.onRequest })
  })
