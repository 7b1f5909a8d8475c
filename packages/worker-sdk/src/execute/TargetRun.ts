/**
 * One run of a check that talks to a target: name, connection, handshake, and one deadline over all of it.
 *
 * What is said over the connection is the executor's. No fiber and no promise: what ends a phase is an event, and its
 * time is taken in its handler. After the end, no handler does anything any more, and nothing is left open.
 */
import { CheckFailure, type CheckType, Evidence, Host, type Observation, type TlsSettings } from "@openseer/core"
import { Context, Effect } from "effect"
import type { Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import { type Addresses, type Destination, Dial, peerOf, type Purpose } from "../egress/Dial.ts"
import { Resolver } from "../egress/Resolver.ts"
import { Deadline } from "./Deadline.ts"
import * as Executor from "./Executor.ts"
import { PhaseClock } from "./PhaseClock.ts"
import * as SocketFault from "./SocketFault.ts"
import * as TlsHandshake from "./TlsHandshake.ts"
import * as TlsSummary from "./TlsSummary.ts"

/** What a run needs. `onEnd` is called once, unless the run is aborted. */
export interface TargetRunOptions {
  readonly dial: Dial["Service"]
  readonly resolver: Resolver["Service"]
  readonly context: Executor.ExecutionContext
  readonly onEnd: (result: Observation.Observed | CheckFailure.CheckFailure) => void
}

/** Where to connect. */
export interface Reach {
  /** As the author wrote it. */
  readonly host: string
  readonly port: number
  readonly purpose: Purpose
  readonly family: Host.IpFamily
  readonly tls?: Handshake
}

/** How to shake hands. */
export interface Handshake {
  readonly settings: TlsSettings.TlsSettings
  readonly alpn: ReadonlyArray<string>
}

/** What the run has shown so far. */
export type Facts = Mutable<Omit<Observation.Observation, "totalUs" | "phases">>
type Mutable<A> = { -readonly [Key in keyof A]: A[Key] }

/** How much of what a target sent stands in a message, in UTF-16 units. */
const quotedLengthMax = 120

/** One run. Its deadline runs from when it is made. */
export class TargetRun {
  readonly facts: Facts = {}
  readonly context: Executor.ExecutionContext
  readonly dial: Dial["Service"]
  readonly resolver: Resolver["Service"]
  /** Called at the deadline. Ends the run where the protocol knows better than the phase that is going on what it means. */
  onDeadline: (() => void) | undefined
  /** What an error of the socket means, where the protocol knows better. */
  faultOf: (error: NodeJS.ErrnoException) => ReturnType<typeof SocketFault.ofError> = (error) =>
    SocketFault.ofError(error, this.phase === "tls")
  readonly #onEnd: TargetRunOptions["onEnd"]
  readonly #clock = new PhaseClock()
  readonly #deadline: Deadline
  readonly #releases: Array<() => void> = []
  #isOver = false

  constructor(options: TargetRunOptions) {
    this.#onEnd = options.onEnd
    this.context = options.context
    this.dial = options.dial
    this.resolver = options.resolver
    this.#deadline = new Deadline(
      this.context.timeoutMs,
      this.handler(() => {
        this.onDeadline?.()
        this.fail(SocketFault.ofTimeout(this.phase, `${this.context.timeoutMs} ms, the timeout of the check`))
      })
    )
  }

  /** The phase that is going on. */
  get phase(): Observation.PhaseName {
    return this.#clock.current
  }

  /** Stops at once and leaves nothing open. */
  readonly abort = (): void => {
    this.#isOver = true
    this.#deadline.clear()
    for (const release of this.#releases.splice(0)) release()
  }

  /** A handler of events: of a run that is over it does nothing, and what it throws ends the run, not the worker. */
  handler<Args extends ReadonlyArray<unknown>>(handle: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      if (this.#isOver) return
      try {
        handle(...args)
      } catch (error) {
        this.fail(SocketFault.ofDefect(error))
      }
    }
  }

  /** Called at the end, whatever it is; at once if that was before. */
  onRelease(release: () => void): void {
    if (this.#isOver) release()
    else this.#releases.push(release)
  }

  /** An event ended the phase that is going on: the next one begins. */
  enter(next: Observation.PhaseName): void {
    this.context.mark()
    this.#clock.end(next)
  }

  /** Takes the time: what comes after it counts only if it is taken again. */
  takeTime(): void {
    this.context.mark()
    this.#clock.stop()
  }

  /** Finds the addresses of a host. */
  lookUp(host: string, family: Host.IpFamily, then: (addresses: Addresses) => void): void {
    const name = Host.toAscii(host)
    const known = this.resolver.known(name, family)
    if (known !== undefined) {
      this.#clock.current = "connect"
      then(known)
      return
    }
    this.#clock.current = "dns"
    this.resolver.query(
      name,
      family,
      this.handler((resolved) => {
        if ("code" in resolved) {
          this.takeTime()
          this.fail(SocketFault.ofLookup(host, resolved.code, family))
          return
        }
        this.enter("connect")
        then(resolved)
      })
    )
  }

  /** Looks up, dials, shakes hands; then the socket is the caller's. Whatever goes wrong ends the run. */
  connect({ family, tls, ...target }: Reach, then: (socket: Socket) => void): void {
    this.lookUp(target.host, family, (addresses) => this.open({ ...target, addresses }, tls, then))
  }

  /** Dials what was looked up, and shakes hands. */
  open(target: Destination, tls: Handshake | undefined, then: (socket: Socket) => void): void {
    this.setAddress(target.addresses[0])
    const options = tls && TlsHandshake.optionsOf(tls.settings, target.host, tls.alpn)
    const socket = this.dial.connect(options === undefined ? target : { ...target, tls: options })
    if (socket instanceof CheckFailure.CheckError) {
      this.fail(socket)
      return
    }
    this.#own(socket)
    socket.once(
      "connect",
      this.handler(() => {
        this.enter(tls === undefined ? "ttfb" : "tls")
        if (tls === undefined) then(socket)
      })
    )
    if (tls !== undefined && options !== undefined) {
      this.#onSecure(socket as TLSSocket, tls.settings, options.serverName, () => {
        this.enter("ttfb")
        then(socket)
      })
    }
  }

  /** Shakes hands on an open connection; then the phase goes on that was going on. */
  startTls(socket: Socket, host: string, { alpn, settings }: Handshake, then: (socket: TLSSocket) => void): void {
    const before = this.phase
    const options = TlsHandshake.optionsOf(settings, host, alpn)
    this.enter("tls")
    const secured = this.dial.startTls(socket, options)
    this.#own(secured)
    this.#onSecure(secured, settings, options.serverName, () => {
      this.enter(before)
      then(secured)
    })
  }

  /** Notes where the target is. */
  setAddress(address: string): void {
    this.facts.address = address
    this.facts.family = address.includes(":") ? "ipv6" : "ipv4"
  }

  /** A piece of what the target sent, as it may stand in a message: without secrets, escaped, and cut to size. */
  quote(text: string): string {
    return Evidence.shown(text, this.context.redact, quotedLengthMax)
  }

  /** Ends the run: the target failed, or we did. The beginning of the content becomes an excerpt. */
  fail(fault: SocketFault.Fault | CheckFailure.CheckError, content?: Observation.Content): void {
    if (this.#isOver) return
    if (fault instanceof CheckFailure.CheckError) {
      this.#end(fault)
      return
    }
    this.takeTime()
    const { message, reason } = fault
    this.#end(new CheckFailure.TargetFailed({ reason, message, observation: this.#observed(content) }))
  }

  /** Ends the run as of the time that was taken last. */
  finish(content?: Observation.Content): void {
    this.#end(this.#observed(content))
  }

  /** Ends the run with phases that were measured elsewhere, after the lookup of the name. */
  finishWith(phases: Observation.Phases): void {
    const { dnsUs } = this.#clock.times.phases
    const all = { ...phases, dnsUs }
    const totalUs = Object.values(all).reduce((sum, us) => sum + us, 0)
    this.#end({ totalUs, phases: all, ...this.facts })
  }

  #observed(content: Observation.Content | undefined): Observation.Observed {
    return { ...this.#clock.times, ...this.facts, ...(content === undefined ? {} : { content }) }
  }

  #own(socket: Socket): void {
    this.onRelease(() => socket.destroy())
    // Stays for as long as the socket emits: an error that nobody listens to would end the worker.
    socket.on("error", () => {})
    socket.on(
      "error",
      this.handler((error: NodeJS.ErrnoException) => this.fail(this.faultOf(error)))
    )
  }

  #onSecure(socket: TLSSocket, settings: TlsSettings.TlsSettings, serverName: string, then: () => void): void {
    socket.once(
      "secureConnect",
      this.handler(() => {
        const peer = peerOf(socket, serverName)
        this.facts.tls = TlsSummary.of(socket, peer.certificate)
        const problem = TlsHandshake.problemOf(settings, peer)
        if (problem === undefined) then()
        else this.fail(SocketFault.ofTlsProblem(serverName, problem, this.facts.tls.chain[0]))
      })
    )
  }

  #end(result: Observation.Observed | CheckFailure.CheckFailure): void {
    if (this.#isOver) return
    this.abort()
    this.#onEnd(result)
  }
}

/** An executor that begins a run, which then goes on by itself. */
export const executor = <Kind extends string, Spec>(
  checkType: CheckType.CheckType<Kind, Spec>,
  begin: (spec: Spec, run: TargetRun) => void
): Executor.Executor<Kind, Spec, Dial | Resolver> =>
  Executor.make(checkType, (spec, context) =>
    Effect.contextWith((services: Context.Context<Dial | Resolver>) =>
      Effect.callback<Observation.Observed, CheckFailure.CheckFailure>((resume) => {
        const run = new TargetRun({
          dial: Context.get(services, Dial),
          resolver: Context.get(services, Resolver),
          context,
          onEnd: (result) => resume("_tag" in result ? Effect.fail(result) : Effect.succeed(result))
        })
        run.handler(begin)(spec, run)
        return Effect.sync(run.abort)
      })
    )
  )
