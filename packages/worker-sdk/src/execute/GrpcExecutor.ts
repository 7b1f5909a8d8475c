/**
 * The executor of the built-in `grpc` check type: one call of `grpc.health.v1.Health/Check` over HTTP/2.
 */
import { GrpcCheck, Host, Secret, TlsSettings } from "@openseer/core"
import type { IncomingHttpHeaders } from "node:http2"
import type { Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import type { Dial } from "../egress/Dial.ts"
import { http2Over } from "../egress/Http2Over.ts"
import type { Resolver } from "../egress/Resolver.ts"
import { version } from "../Version.ts"
import type * as Executor from "./Executor.ts"
import * as GrpcHealth from "./GrpcHealth.ts"
import { joinedFields } from "./HttpContent.ts"
import * as SocketFault from "./SocketFault.ts"
import { executor, type TargetRun } from "./TargetRun.ts"

/** The largest response, in bytes; one of the health protocol has seven. */
export const responseBytesMax = 65_536

/** Executes `grpc` checks. */
export const grpcExecutor: Executor.Executor<"grpc", GrpcCheck.GrpcSpec, Dial | Resolver> = executor(
  GrpcCheck.GrpcCheck,
  (spec, run) => {
    const { encryption, host, ipFamily: family, port, tls: settings = TlsSettings.tlsDefault } = spec
    const tls = { settings, alpn: ["h2"] }
    run.connect({ host, port, purpose: "http", family, ...(encryption === "tls" ? { tls } : {}) }, (socket) => {
      if (encryption === "tls" && (socket as TLSSocket).alpnProtocol !== "h2") run.fail(noHttp2)
      else call(run, spec, socket)
    })
  }
)

const call = (run: TargetRun, spec: GrpcCheck.GrpcSpec, socket: Socket): void => {
  const scheme = spec.encryption === "tls" ? "https" : "http"
  const authority = `${Host.toUrlHost(Host.toAscii(spec.host))}:${spec.port}`
  const session = http2Over(socket, `${scheme}://${authority}`)
  run.onRelease(() => session.destroy())
  const onError = run.handler((error: NodeJS.ErrnoException) => run.fail(faultOf(error)))
  session.on("error", () => {}).on("error", onError)
  session.on(
    "goaway",
    run.handler((code: number, lastStream?: number) => {
      // With no error, and our stream among those that are still served, the answer will come.
      if (code !== 0 || lastStream === 0) run.fail(goneAway(code))
    })
  )
  const stream = session.request({
    "user-agent": `OpenSeer/${version}`,
    ...metadataOf(spec),
    ":method": "POST",
    ":scheme": scheme,
    ":authority": authority,
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": `${run.context.timeoutMs}m`
  })
  run.facts.protocol = "HTTP/2"
  let headers: IncomingHttpHeaders | undefined
  const chunks: Array<Buffer> = []
  let bytes = 0
  let trailers: IncomingHttpHeaders = {}
  stream.on("error", () => {}).on("error", onError)
  stream.once(
    "response",
    run.handler((received: IncomingHttpHeaders) => {
      run.enter("download")
      headers = received
    })
  )
  stream.on(
    "data",
    run.handler((chunk: Buffer) => {
      run.takeTime()
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > responseBytesMax) run.fail(tooLarge)
    })
  )
  stream.once(
    "trailers",
    run.handler((received: IncomingHttpHeaders) => {
      run.takeTime()
      trailers = received
    })
  )
  stream.once(
    "close",
    run.handler(() => {
      if (headers === undefined || stream.rstCode !== 0) run.fail(cutOff(stream.rstCode ?? 0))
      else judge(run, spec.service, { ...headers, ...trailers }, Buffer.concat(chunks))
    })
  )
  stream.end(GrpcHealth.encodeRequest(spec.service))
}

/** What came is complete: whether it is gRPC, and says that the service is well. */
const judge = (run: TargetRun, service: string, headers: IncomingHttpHeaders, framed: Buffer): void => {
  const content = { headers: joinedFields(headers) }
  const { "grpc-message": text, "grpc-status": code } = content.headers
  const status = content.headers[":status"]
  if (code === undefined) {
    const type = headers["content-type"] ?? "of no type"
    const what = type.startsWith("application/grpc")
      ? "without a gRPC status"
      : `with HTTP ${status}, ${run.quote(type)}`
    run.fail({ reason: "protocol_error", message: `the server does not speak gRPC here: the answer came ${what}` })
    return
  }
  const grpcStatus = GrpcHealth.statusName(code)
  const name = service === "" ? "the server" : `the service ${JSON.stringify(service)}`
  run.facts.detail = { grpcStatus }
  if (grpcStatus !== "OK") {
    const more = text === undefined || text === "" ? "" : `: ${run.quote(percentDecoded(text))}`
    run.fail({ reason: "grpc_failed", message: `${sentenceOf(grpcStatus, name)}${more}` })
    return
  }
  const servingStatus = GrpcHealth.decodeResponse(framed)
  if (servingStatus === "malformed") {
    run.fail({ reason: "protocol_error", message: "the response is not a message of the gRPC health protocol" })
    return
  }
  run.facts.detail = { grpcStatus, servingStatus }
  if (servingStatus === "SERVING") run.finish(content)
  else run.fail({ reason: "grpc_failed", message: `${name} is ${servingStatus}` })
}

const sentenceOf = (grpcStatus: string, name: string): string => {
  if (grpcStatus === "NOT_FOUND") return `the server does not know ${name}`
  if (grpcStatus === "UNIMPLEMENTED") return "the server does not have the gRPC health protocol"
  return `the call failed with ${grpcStatus}`
}

/** What belongs to one connection of HTTP/1.1 has no place in HTTP/2 (RFC 9113 section 8.2.2). */
const ofHttp1 = new Set(["proxy-connection", "http2-settings"])

const metadataOf = ({ metadata }: GrpcCheck.GrpcSpec): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(metadata)
      .map(([name, value]) => [name.toLowerCase(), Secret.reveal(value)] as const)
      .filter(([name]) => !ofHttp1.has(name))
  )

/** `grpc-message` is percent-encoded; one that is not rightly so is shown as it is. */
const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const faultOf = (error: NodeJS.ErrnoException): ReturnType<typeof SocketFault.ofError> => {
  if (error.code?.startsWith("ERR_HTTP2_") !== true) return SocketFault.ofError(error, false)
  // Node's messages hold the protocol's own names: "Stream closed with error code NGHTTP2_INTERNAL_ERROR".
  const name = /NGHTTP2_([A-Z_0-9]+)/.exec(error.message)?.[1]
  if (error.code === "ERR_HTTP2_STREAM_ERROR") {
    return { reason: "connection_reset", message: `the server cut the call off: ${name ?? error.message}` }
  }
  return { reason: "protocol_error", message: `the HTTP/2 exchange failed: ${name ?? error.message}` }
}

const cutOff = (code: number): SocketFault.Fault =>
  code === 0
    ? SocketFault.closedEarly
    : { reason: "connection_reset", message: `the server cut the call off with the HTTP/2 code ${code}` }

const goneAway = (code: number): SocketFault.Fault => ({
  reason: "connection_reset",
  message: `the server ended the connection without an answer (GOAWAY, code ${code})`
})

const tooLarge: SocketFault.Fault = {
  reason: "protocol_error",
  message: `the response is larger than ${responseBytesMax} bytes`
}

const noHttp2: SocketFault.Fault = {
  reason: "protocol_error",
  message: "the server does not offer HTTP/2 in the TLS handshake (ALPN), which gRPC needs"
}
