/**
 * One hop of a run: from the name to the last byte of the answer, by a connection of its own.
 *
 * No fiber and no promise: what ends a phase is an event of the resolver, the socket or the parser, and its time is
 * taken in its handler.
 */
import { CheckFailure, type Observation } from "@openseer/core"
import type { Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import { type Addresses, type Dial, peerOf } from "../egress/Dial.ts"
import type { Resolved, Resolver } from "../egress/Resolver.ts"
import { codingsOf } from "./ContentDecoder.ts"
import * as Http1Exchange from "./Http1Exchange.ts"
import * as Http2Exchange from "./Http2Exchange.ts"
import { HttpBody } from "./HttpBody.ts"
import { excerptBytesMax } from "./HttpContent.ts"
import type { ExchangeListener, ResponseHead } from "./HttpExchange.ts"
import type { Endpoint, HopPlan, HttpPlan, ProxyPlan } from "./HttpPlan.ts"
import { openTunnel } from "./HttpProxy.ts"
import type { PhaseClock } from "./PhaseClock.ts"
import * as SocketFault from "./SocketFault.ts"
import * as TlsHandshake from "./TlsHandshake.ts"
import * as TlsSummary from "./TlsSummary.ts"

/** Why a hop failed, before the observation is added. */
export type HopFault = SocketFault.Fault | CheckFailure.CheckError

/** The run that a hop belongs to. */
export interface HopRun {
  readonly plan: HttpPlan
  readonly dial: Dial["Service"]
  readonly resolver: Resolver["Service"]
  readonly clock: PhaseClock
  readonly mark: () => void
  readonly redact: (text: string) => string
  /** Whether assertions look at the text of the body. */
  readonly needsText: boolean
  /** Whether they look at anything that is known of the decoded body only. */
  readonly needsDecoded: boolean
  /** Another phase has begun. */
  readonly onPhase: () => void
  /** Whether the head is of a redirect that is followed: its body is not read then. */
  readonly onHead: (hop: HttpHop, head: ResponseHead) => boolean
  /** The answer is complete, or as much of it as shall be read. The clock stands at its last byte. */
  readonly onDone: (hop: HttpHop) => void
  readonly onFault: (hop: HttpHop, fault: HopFault) => void
}

/** One hop. {@link begin} starts it; `onDone` or `onFault` is called once, unless it is closed before. */
export class HttpHop implements ExchangeListener {
  readonly plan: HopPlan
  address: string | undefined
  tls: Observation.Tls | undefined
  head: ResponseHead | undefined
  contentType: string | undefined
  body: HttpBody | undefined
  readonly #run: HopRun
  #socket: Socket | undefined
  /** The exchange's hold on the connection. */
  #letGo: (() => void) | undefined
  /** The connection is to a proxy that has not opened the way yet. */
  #isTunnelling = false
  #isOver = false

  constructor(plan: HopPlan, run: HopRun) {
    this.plan = plan
    this.#run = run
  }

  /** Starts, and may end before it returns. */
  readonly begin = this.#handler((): void => {
    const { clock, plan, resolver } = this.#run
    const { proxy } = plan
    const endpoint = proxy ?? this.plan
    if (proxy !== undefined) {
      this.#isTunnelling = true
      const denied = this.#judgeBehindProxy()
      if (denied !== undefined) {
        this.onFault(denied)
        return
      }
    }
    const known = resolver.known(endpoint.host, plan.ipFamily)
    clock.current = known === undefined ? "dns" : "connect"
    this.#run.onPhase()
    if (known !== undefined) {
      this.#connect(endpoint, known)
      return
    }
    resolver.query(
      endpoint.host,
      plan.ipFamily,
      this.#handler((resolved: Resolved): void => {
        this.#run.mark()
        if ("code" in resolved) {
          this.onFault(SocketFault.ofLookup(endpoint.host, resolved.code, plan.ipFamily))
          return
        }
        this.#end("connect")
        this.#connect(endpoint, resolved)
      })
    )
  })

  /** Lets go of the connection: what it still tells belongs to nobody. */
  close(): void {
    this.#isOver = true
    this.body?.destroy()
    this.#letGo?.()
    this.#socket?.destroy()
  }

  /** The proxy looks the name up, not we: what is known of the target is judged all the same. */
  #judgeBehindProxy(): CheckFailure.CheckError | undefined {
    const { dial, plan, resolver } = this.#run
    const { host, port } = this.plan
    return dial.judge({ host, addresses: resolver.known(host, plan.ipFamily) ?? [], port, purpose: "http" })
  }

  #end(next: Observation.PhaseName): void {
    this.#run.clock.end(next)
    this.#run.onPhase()
  }

  #connect({ host, port, tls }: Endpoint, addresses: Addresses): void {
    const target = { host, addresses, port, purpose: "http" } as const
    const socket = this.#run.dial.connect(tls === undefined ? target : { ...target, tls })
    if (socket instanceof CheckFailure.CheckError) {
      this.onFault(socket)
      return
    }
    this.#socket = socket
    this.address = addresses[0]
    socket.on("error", this.#onError)
    const { proxy } = this.#run.plan
    if (proxy !== undefined) this.#reachProxy(proxy, socket)
    else {
      socket.once("connect", this.#onConnect)
      if (tls !== undefined) socket.once("secureConnect", this.#onSecure)
    }
  }

  /** All that happens between us and a proxy is part of the phase `connect`. */
  #reachProxy(proxy: ProxyPlan, socket: Socket): void {
    const ask = this.#handler((): void =>
      openTunnel(socket, proxy, this.plan, {
        open: this.#handler(() => this.#onTunnel(socket)),
        fault: (message) => this.onFault({ reason: "proxy_failed", message })
      })
    )
    if (proxy.tls === undefined) socket.once("connect", ask)
    else {
      const onSecure = (): void => {
        const { problem } = peerOf(socket as TLSSocket, proxy.host)
        if (problem === undefined) ask()
        else this.onFault(SocketFault.ofTlsProblem(proxy.host, problem))
      }
      socket.once("secureConnect", this.#handler(onSecure))
    }
  }

  #onTunnel(socket: Socket): void {
    this.#run.mark()
    this.#isTunnelling = false
    const { tls } = this.plan
    if (tls === undefined) {
      this.#end("ttfb")
      this.#send(socket)
      return
    }
    this.#end("tls")
    const secured = this.#run.dial.startTls(socket, tls)
    this.#socket = secured
    secured.on("error", this.#onError)
    secured.once("secureConnect", this.#onSecure)
  }

  readonly #onConnect = this.#handler((): void => {
    this.#run.mark()
    if (this.plan.tls === undefined) {
      this.#end("ttfb")
      this.#send(this.#socket!)
    } else this.#end("tls")
  })

  readonly #onSecure = this.#handler((): void => {
    this.#run.mark()
    this.#end("ttfb")
    const socket = this.#socket as TLSSocket
    const { serverName } = this.plan.tls!
    const peer = peerOf(socket, serverName)
    this.tls = TlsSummary.of(socket, peer.certificate)
    const problem = TlsHandshake.problemOf(this.#run.plan, peer)
    if (problem === undefined) this.#send(socket)
    else this.onFault(SocketFault.ofTlsProblem(serverName, problem, this.tls.chain[0]))
  })

  #send(socket: Socket): void {
    const { httpVersion } = this.#run.plan
    if (httpVersion === "1.1") {
      Http1Exchange.exchange(socket, this.plan, this)
      return
    }
    const isTls = this.plan.tls !== undefined
    const isHttp2 = isTls ? (socket as TLSSocket).alpnProtocol === "h2" : httpVersion === "2"
    if (isHttp2) this.#letGo = Http2Exchange.exchange(socket, this.plan, this)
    else if (httpVersion === "2") this.onFault(noHttp2)
    else Http1Exchange.exchange(socket, this.plan, this)
  }

  readonly onFirstByte = this.#handler((): void => {
    if (this.#run.clock.current === "download") return
    this.#run.mark()
    this.#end("download")
  })

  readonly onHead = this.#handler((head: ResponseHead): void => {
    this.head = head
    if (this.#run.onHead(this, head)) return
    let contentEncoding = ""
    const { rawHeaders } = head
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!
      // Most names have another length: two comparisons spare the lower case.
      if (name.length === 12 && name.toLowerCase() === "content-type") this.contentType ??= rawHeaders[i + 1]
      else if (name.length === 16 && name.toLowerCase() === "content-encoding")
        contentEncoding += `,${rawHeaders[i + 1]}`
    }
    const codings = contentEncoding === "" ? [] : codingsOf(contentEncoding)
    if ("unknown" in codings && this.#run.needsDecoded) {
      const message = `the body has a coding that cannot be taken off: ${quote(this.#run.redact(codings.unknown))}`
      this.onFault({ reason: "decode_failed", message })
      return
    }
    const { bodyBytesMax } = this.#run.plan
    this.body = new HttpBody({
      bytesMax: bodyBytesMax,
      keptBytesMax: this.#run.needsText ? bodyBytesMax : excerptBytesMax,
      codings: "unknown" in codings ? [] : codings,
      listener: this
    })
  })

  readonly onData = this.#handler((chunk: Buffer): void => {
    if (!this.body!.write(chunk)) this.head!.pause()
  })

  /** The last byte came over the wire; a decoder may still be busy, which is no time of the target's. */
  readonly onEnd = this.#handler((): void => {
    if (this.body === undefined) return
    this.#run.mark()
    this.#run.clock.stop()
    this.#run.clock.freeze()
    this.body.end()
  })

  /** The decoder has caught up. */
  readonly onBodyResume = this.#handler((): void => {
    this.head?.resume()
  })

  /** All of the body that shall be read was read, and decoded. */
  readonly onBodyDone = this.#handler((): void => {
    if (this.body!.isTruncated) this.#run.mark()
    this.#run.clock.stop()
    this.close()
    this.#run.onDone(this)
  })

  readonly onFault = (fault: HopFault): void => this.#fail(this.#isTunnelling ? ofProxy(fault) : fault)

  /** A limit of time was reached. */
  expire(fault: SocketFault.Fault): void {
    this.#fail(fault)
  }

  #fail(fault: HopFault): void {
    if (this.#isOver) return
    this.#run.mark()
    this.#run.clock.stop()
    this.close()
    this.#run.onFault(this, fault)
  }

  readonly #onError = this.#handler((error: NodeJS.ErrnoException): void =>
    this.onFault(SocketFault.ofError(error, this.#run.clock.current === "tls"))
  )

  /** A handler of events: of a hop that is over it does nothing, and what it throws ends the run, not the worker. */
  #handler<Args extends ReadonlyArray<unknown>>(handle: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      if (this.#isOver) return
      try {
        handle(...args)
      } catch (error) {
        this.#fail(SocketFault.ofDefect(error))
      }
    }
  }
}

/** What goes wrong before a proxy has opened the way is the proxy's, but for what is ours. */
const ofProxy = (fault: HopFault): HopFault =>
  fault instanceof CheckFailure.CheckError
    ? fault
    : { reason: "proxy_failed", message: `the proxy did not open a way to the target: ${fault.message}` }

const noHttp2: SocketFault.Fault = {
  reason: "protocol_error",
  message: "the server does not offer HTTP/2 in the TLS handshake (ALPN)"
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 60).toWellFormed())
