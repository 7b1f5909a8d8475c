/**
 * One run of an `http` check, from before DNS to the last byte: events in, one observation or failure out.
 *
 * No fiber and no promise: what ends a phase is an event of the resolver, the socket or the parser, and its time is
 * taken in its handler. One deadline stands over all hops and phases. Bytes are counted, never kept, and reading stops
 * at {@link bodyBytesMax}.
 */
import { CheckFailure, type Observation } from "@openseer/core"
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import { type Addresses, type Dial, peerOf, requestOver } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import { PhaseClock } from "./PhaseClock.ts"
import * as Redirect from "./Redirect.ts"
import * as SocketFault from "./SocketFault.ts"
import * as TlsSummary from "./TlsSummary.ts"

/** The most bytes of a body that are read: more is `truncated`, not an error. */
export const bodyBytesMax = 1_048_576

/** The most informational responses (1xx) before an answer. */
const informationalMax = 5

/** What a run needs. `onEnd` is called once, unless the run is aborted. */
export interface HttpRunOptions {
  readonly dial: Dial["Service"]
  readonly resolver: Resolver["Service"]
  readonly timeoutMs: number
  readonly redirectsMax: number
  readonly mark: () => void
  readonly onEnd: (result: Observation.Observation | CheckFailure.CheckFailure) => void
}

/** What the hop that is going on has shown. */
type Facts = Mutable<Omit<Observation.Observation, "totalUs" | "phases">>
type Mutable<A> = { -readonly [Key in keyof A]: A[Key] }

/** One run. Begins when it is made, and may end before the constructor returns. */
export class HttpRun {
  readonly #options: HttpRunOptions
  readonly #clock = new PhaseClock()
  readonly #timer: NodeJS.Timeout
  #facts: Facts = { redirects: 0 }
  #socket: Socket | undefined
  #isOver = false

  constructor(request: Redirect.HopRequest, options: HttpRunOptions) {
    this.#options = options
    this.#timer = setTimeout(this.#onDeadline, options.timeoutMs)
    this.#resolve(request)
  }

  /** Stops at once and leaves nothing open. */
  readonly abort = (): void => {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#release()
  }

  #resolve(request: Redirect.HopRequest): void {
    const host = request.url.hostname.replace(/^\[|\]$/g, "")
    const known = this.#options.resolver.known(host)
    this.#clock.current = known === undefined ? "dns" : "connect"
    if (known !== undefined) {
      this.#connect(request, host, known)
      return
    }
    this.#options.resolver.query(host, "any", (resolved) => {
      if (this.#isOver) return
      this.#options.mark()
      if ("code" in resolved) {
        this.#fail(SocketFault.ofLookup(host, resolved.code))
        return
      }
      this.#clock.end("connect")
      this.#connect(request, host, resolved)
    })
  }

  #connect(request: Redirect.HopRequest, host: string, addresses: Addresses): void {
    const { port, protocol } = request.url
    const isTls = protocol === "https:"
    const socket = this.#options.dial.connect({
      host,
      addresses,
      port: port === "" ? (isTls ? 443 : 80) : Number(port),
      purpose: "http",
      ...(isTls ? { tls: { serverName: host, alpn: ["http/1.1"] } } : {})
    })
    if (socket instanceof CheckFailure.CheckError) {
      this.#end(socket)
      return
    }
    this.#socket = socket
    this.#facts.address = addresses[0]
    socket.on("error", (error) => this.#onError(socket, error))
    socket.once("connect", () => {
      if (this.#socket !== socket) return
      this.#options.mark()
      this.#clock.end(isTls ? "tls" : "ttfb")
      if (!isTls) this.#send(request, socket)
    })
    if (isTls) socket.once("secureConnect", () => this.#onSecure(request, host, socket as TLSSocket))
  }

  #onSecure(request: Redirect.HopRequest, host: string, socket: TLSSocket): void {
    if (this.#socket !== socket) return
    this.#options.mark()
    this.#clock.end("ttfb")
    const { certificate, problem } = peerOf(socket, host)
    this.#facts.tls = TlsSummary.of(socket, certificate)
    if (problem === undefined) this.#send(request, socket)
    else this.#fail(SocketFault.ofTlsProblem(host, problem))
  }

  #send(request: Redirect.HopRequest, socket: Socket): void {
    const { body, headers, method, url } = request
    let informational = 0
    const sent = requestOver(socket, {
      method,
      path: url.pathname + url.search,
      headers: { host: url.host, ...headers, ...contentLength(method, body) }
    })
    // Only now does the parser listen: a listener for data before it would let the first bytes flow away.
    sent.once("socket", () => socket.prependOnceListener("data", () => this.#onFirstByte(socket)))
    sent.on("error", (error) => this.#onError(socket, error))
    sent.on("information", () => {
      if (++informational > informationalMax) this.#failHop(socket, tooManyInformational)
    })
    sent.once("upgrade", () => this.#failHop(socket, switchedProtocols))
    sent.once("response", (response) => this.#onResponse(request, socket, response))
    sent.end(body)
  }

  #onFirstByte(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#options.mark()
    this.#clock.end("download")
  }

  #onResponse(request: Redirect.HopRequest, socket: Socket, response: IncomingMessage): void {
    if (this.#socket !== socket) return
    const status = response.statusCode ?? 0
    const tlsVersion = "encrypted" in socket ? (socket as TLSSocket).getProtocol() : null
    this.#facts.statusCode = status
    this.#facts.protocol = `HTTP/${response.httpVersion}${tlsVersion === null ? "" : `, ${tlsVersion}`}`
    const { location } = response.headers
    if (location !== undefined && Redirect.isRedirect(status) && this.#options.redirectsMax > 0) {
      this.#redirect(request, status, location)
      return
    }
    let bytes = 0
    this.#facts.sizeBytes = 0
    response.on("data", (chunk: Buffer) => {
      if (this.#socket !== socket) return
      bytes += chunk.length
      this.#facts.sizeBytes = bytes
      if (bytes <= bodyBytesMax) return
      this.#facts.truncated = true
      this.#finish()
    })
    response.once("end", () => {
      if (this.#socket === socket) this.#finish()
    })
    response.on("error", () => this.#failHop(socket, bodyIncomplete))
  }

  #redirect(request: Redirect.HopRequest, status: number, location: string): void {
    this.#options.mark()
    this.#clock.stop()
    const redirects = this.#facts.redirects ?? 0
    if (redirects === this.#options.redirectsMax) {
      this.#fail({ reason: "too_many_redirects", message: `there were more than ${redirects} redirects` })
      return
    }
    const next = Redirect.follow(request, status, location)
    if (typeof next === "string") {
      this.#fail({ reason: "redirect_invalid", message: `the redirect cannot be followed: ${next}` })
      return
    }
    this.#release()
    this.#facts = { redirects: redirects + 1 }
    this.#resolve(next)
  }

  #onError(socket: Socket, error: NodeJS.ErrnoException): void {
    if (this.#socket !== socket) return
    const fault = SocketFault.ofError(error, this.#clock.current === "tls")
    if (fault instanceof CheckFailure.CheckError) this.#end(fault)
    else this.#fail(fault)
  }

  readonly #onDeadline = (): void =>
    this.#fail({
      reason: "timeout",
      message: `not over within ${this.#options.timeoutMs} ms, in phase ${this.#clock.current}`
    })

  #failHop(socket: Socket, fault: SocketFault.Fault): void {
    if (this.#socket === socket) this.#fail(fault)
  }

  #fail(fault: SocketFault.Fault): void {
    this.#options.mark()
    this.#clock.stop()
    this.#end(new CheckFailure.TargetFailed({ ...fault, observation: { ...this.#clock.times, ...this.#facts } }))
  }

  #finish(): void {
    this.#options.mark()
    this.#clock.stop()
    this.#end({ ...this.#clock.times, ...this.#facts })
  }

  #end(result: Observation.Observation | CheckFailure.CheckFailure): void {
    this.abort()
    this.#options.onEnd(result)
  }

  /** Lets go of the socket: what it still emits belongs to nobody. */
  #release(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }
}

/** The length of a body, or of the body that a method would be expected to have (RFC 9110 section 8.6). */
const contentLength = (method: string, body: string | undefined): { readonly "content-length"?: number } => {
  if (body !== undefined) return { "content-length": Buffer.byteLength(body) }
  return method === "POST" || method === "PUT" || method === "PATCH" ? { "content-length": 0 } : {}
}

const bodyIncomplete: SocketFault.Fault = {
  reason: "body_incomplete",
  message: "the connection was closed before the body was complete"
}

const tooManyInformational: SocketFault.Fault = {
  reason: "protocol_error",
  message: `there were more than ${informationalMax} informational responses`
}

const switchedProtocols: SocketFault.Fault = {
  reason: "protocol_error",
  message: "the server switched protocols without being asked"
}
