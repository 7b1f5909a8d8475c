/**
 * One request by HTTP/1.1, with Node's strict parser over our own socket.
 */
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import { requestOver } from "../egress/Dial.ts"
import { bodyIncomplete, type Exchange, informationalMax, tooManyInformational } from "./HttpExchange.ts"
import * as SocketFault from "./SocketFault.ts"

const nothingToLetGo = (): void => {}

/** Sends a request and tells of its answer. Errors of the socket are the listener's own to hear. */
export const exchange: Exchange<Socket> = (socket, { path, rawHeaders, request: { body, method } }, listener) => {
  let informational = 0
  const sent = requestOver(socket, { method, path, headers: rawHeaders })
  // Only now does the parser listen: a listener for data before it would let the first bytes flow away.
  sent.once("socket", () => socket.prependOnceListener("data", listener.onFirstByte))
  sent.on("error", (error) => listener.onFault(SocketFault.ofError(error, false)))
  sent.on("information", () => {
    if (++informational > informationalMax) listener.onFault(tooManyInformational)
  })
  sent.once("upgrade", () => listener.onFault(switchedProtocols))
  sent.once("response", (response: IncomingMessage) => {
    response.on("error", () => listener.onFault(bodyIncomplete))
    listener.onHead({
      status: response.statusCode ?? 0,
      protocol: response.httpVersion === "1.1" ? "HTTP/1.1" : `HTTP/${response.httpVersion}`,
      rawHeaders: response.rawHeaders,
      pause: () => response.pause(),
      resume: () => response.resume()
    })
    response.on("data", listener.onData)
    response.once("end", listener.onEnd)
  })
  sent.end(body)
  return nothingToLetGo
}

const switchedProtocols: SocketFault.Fault = {
  reason: "protocol_error",
  message: "the server switched protocols without being asked"
}
