/**
 * One request by HTTP/2, as the only stream of a session of its own.
 */
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2"
import type { Socket } from "node:net"
import { headerBytesMax } from "../egress/Dial.ts"
import { http2Over } from "../egress/Http2Over.ts"
import { bodyIncomplete, type Exchange, informationalMax, tooManyInformational } from "./HttpExchange.ts"
import type { HopPlan } from "./HttpPlan.ts"
import * as SocketFault from "./SocketFault.ts"

/**
 * Sends a request and tells of its answer. Frames are taken apart below Node, so that the first byte that can be seen is
 * a complete header section.
 */
export const exchange: Exchange<Socket> = (socket, plan, listener) => {
  const { body, url } = plan.request
  const session = http2Over(socket, url.origin)
  let [informational, hasHead] = [0, false]
  const onError = (error: NodeJS.ErrnoException): void => listener.onFault(faultOf(error, hasHead))
  session.on("error", onError)
  const stream: ClientHttp2Stream = session.request(headersOf(plan), { endStream: body === undefined })
  stream.on("error", onError)
  stream.on("headers", () => {
    listener.onFirstByte()
    if (++informational > informationalMax) listener.onFault(tooManyInformational)
  })
  stream.once("response", (headers) => {
    listener.onFirstByte()
    hasHead = true
    const rawHeaders = rawOf(headers)
    if (isTooLarge(rawHeaders)) {
      listener.onFault(SocketFault.headersTooLarge)
      return
    }
    listener.onHead({
      status: headers[":status"] ?? 0,
      protocol: "HTTP/2",
      rawHeaders,
      pause: () => stream.pause(),
      resume: () => stream.resume()
    })
    stream.on("data", listener.onData)
  })
  // A stream that is cut off ends as well, but with a code; and closes without an end when it had no body.
  stream.once("end", () => (isWhole(stream) ? listener.onEnd() : listener.onFault(cutOff(hasHead))))
  stream.once("close", () => (hasHead && isWhole(stream) ? listener.onEnd() : listener.onFault(cutOff(hasHead))))
  if (body !== undefined) stream.end(body)
  return () => session.destroy()
}

const isWhole = (stream: ClientHttp2Stream): boolean => !stream.aborted && (stream.rstCode ?? 0) === 0

const cutOff = (hasHead: boolean): SocketFault.Fault => (hasHead ? bodyIncomplete : SocketFault.closedEarly)

/** What belongs to one connection of HTTP/1.1 has no place in HTTP/2 (RFC 9113 section 8.2.2). */
const ofHttp1 = new Set(["connection", "proxy-connection", "http2-settings", "host"])

const headersOf = ({ path, rawHeaders, request: { method, url } }: HopPlan): Record<string, string> => {
  const headers: Record<string, string> = {
    ":method": method,
    ":scheme": url.protocol.slice(0, -1),
    ":authority": url.host,
    ":path": path
  }
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!ofHttp1.has(rawHeaders[i]!)) headers[rawHeaders[i]!] = rawHeaders[i + 1]!
  }
  return headers
}

const rawOf = (headers: IncomingHttpHeaders): ReadonlyArray<string> =>
  Object.entries(headers).flatMap(([name, value = ""]) =>
    name.startsWith(":") ? [] : typeof value === "object" ? value.flatMap((one) => [name, one]) : [name, String(value)]
  )

/** Node tells servers of the limit, but does not hold them to it. */
const isTooLarge = (rawHeaders: ReadonlyArray<string>): boolean =>
  rawHeaders.reduce((sum, text) => sum + text.length, 0) > headerBytesMax

/** What the server's own faults are called, in contrast to those of the protocol. */
const brokenOff = new Set(["INTERNAL_ERROR", "REFUSED_STREAM", "CANCEL", "ENHANCE_YOUR_CALM", "STREAM_CLOSED"])

const faultOf = (error: NodeJS.ErrnoException, hasHead: boolean): ReturnType<typeof SocketFault.ofError> => {
  if (!error.code?.startsWith("ERR_HTTP2_")) return SocketFault.ofError(error, false)
  // Node's messages hold the protocol's own names: "Stream closed with error code NGHTTP2_INTERNAL_ERROR".
  const name = /NGHTTP2_([A-Z_0-9]+)/.exec(error.message)?.[1]
  // So ends Node what has too many header fields.
  if (name === "ENHANCE_YOUR_CALM" && !hasHead) return SocketFault.headersTooLarge
  if (name !== undefined && brokenOff.has(name)) {
    return { reason: "connection_reset", message: `the server broke the answer off: ${name}` }
  }
  if (name === "HTTP_1_1_REQUIRED") {
    return { reason: "protocol_error", message: "the server wants HTTP/1.1 for this request, not HTTP/2" }
  }
  return { reason: "protocol_error", message: `the exchange is not valid HTTP/2: ${name ?? error.message}` }
}
