/**
 * Whether the worker itself has network: what it can't reach without one is not the target's fault.
 *
 * A host that is switched off and a worker whose cable is cut look the same: silence. So a run that ends in silence is
 * believed only while somebody else still answers. Asked are the canaries that the operator names, hosts that are up and
 * reached by the same way as the targets; without any, the only thing noticed is a machine without a network interface. A
 * target with an IPv6 address is never down for a worker that has none itself.
 */
import { CheckFailure } from "@openseer/core"
import { Context, Effect, Fiber, Layer } from "effect"
import { networkInterfaces } from "node:os"
import { type Addresses, Dial, isAddress } from "../egress/Dial.ts"
import { Resolver } from "../egress/Resolver.ts"
import * as Executor from "./Executor.ts"

/**
 * Silence, and what a system says that has no way out. Not a refused or reset connection, an unknown name or a wrong
 * certificate: somebody was there to say so.
 */
const silence: ReadonlySet<CheckFailure.TargetReason> = new Set([
  "unreachable",
  "dns_timeout",
  "dns_failed",
  "connect_timeout",
  "tls_timeout",
  "response_timeout",
  "download_timeout",
  "timeout"
])

/** How long canaries have to answer, in milliseconds: less than the second that a run may take after its timeout. */
export const canaryMs = 800

/** For how long an answer serves all runs, in milliseconds: canaries are asked once a second at most. */
const answerMs = 1_000

/** A host and port to connect to, like `192.0.2.1:443` or `[2001:db8::1]:443`. Addresses need no name server. */
export interface CanaryTarget {
  readonly host: string
  readonly port: number
}

/** Reads `host:port`; undefined when it is not that. */
export const parse = (text: string): CanaryTarget | undefined => {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/@]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  return host === undefined || port < 1 || port > 65_535 || (bracketed !== undefined && !isAddress(host))
    ? undefined
    : { host, port }
}

/**
 * Whether this machine has a network interface besides the loopback; with a family, one with an address of it that leads
 * anywhere. Tests replace it.
 */
export const HasInterface = Context.Reference<(family?: "IPv6") => boolean>("@openseer/worker-sdk/HasInterface", {
  defaultValue: () => (family) =>
    Object.values(networkInterfaces()).some((all) =>
      all?.some(
        (own) => !own.internal && (family === undefined || (own.family === family && !own.address.startsWith("fe80:")))
      )
    )
})

/** Knows whether the worker has network. */
export class Canary extends Context.Service<
  Canary,
  {
    readonly hasNetwork: Effect.Effect<boolean>
    /** No canary knows: it may be reached by IPv4. */
    readonly hasIpv6: () => boolean
  }
>()("@openseer/worker-sdk/Canary") {
  /** Asks these, through the egress policy, which must allow them. */
  static readonly layer = (targets: ReadonlyArray<CanaryTarget> = []): Layer.Layer<Canary, never, Dial | Resolver> =>
    Layer.effect(
      Canary,
      Effect.gen(function* () {
        const services = yield* Effect.context<Dial | Resolver>()
        const hasInterface = yield* HasInterface
        const ask = Effect.suspend(() => (hasInterface() ? anyAnswers(targets, services) : Effect.succeed(false)))
        let last: { readonly at: number; readonly fiber: Fiber.Fiber<boolean> } | undefined
        const hasNetwork = Effect.suspend(() => {
          const at = performance.now()
          // A fiber of its own: runs that wait for the answer may be stopped, the others still want it.
          if (last === undefined || at - last.at >= answerMs) last = { at, fiber: Effect.runFork(ask) }
          return Fiber.join(last.fiber)
        })
        return Canary.of({ hasNetwork, hasIpv6: () => hasInterface("IPv6") })
      })
    )
}

/** The executor, with its silent failures believed only while the worker has network. */
export const guard = <Kind extends string, Spec, R>(
  executor: Executor.Executor<Kind, Spec, R>
): Executor.Executor<Kind, Spec, R | Canary> =>
  Executor.make(executor.checkType, (spec: Spec, context) =>
    Effect.catchTag(
      executor.execute(spec, context),
      "TargetFailed",
      (failure): Effect.Effect<never, CheckFailure.CheckFailure, Canary> =>
        silence.has(failure.reason) && !isLoopback(failure.observation?.address)
          ? Canary.use(({ hasIpv6, hasNetwork }) =>
              isIpv6(failure.observation?.address) && !hasIpv6()
                ? Effect.fail(networkDown(failure, "IPv6"))
                : Effect.flatMap(hasNetwork, (isOnline) =>
                    Effect.fail(isOnline ? failure : networkDown(failure, "network"))
                  )
            )
          : Effect.fail(failure)
    )
  )

const networkDown = ({ message }: CheckFailure.TargetFailed, what: "network" | "IPv6"): CheckFailure.CheckError =>
  new CheckFailure.CheckError({ reason: "network_down", message: `the worker has no ${what}: ${message}` })

const isIpv6 = (address: string | undefined): boolean => address?.includes(":") === true

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (address === "::1" || address.startsWith("127."))

/** Whether one of them answers, or none could be asked: without a witness, the run stands. */
const anyAnswers = (
  targets: ReadonlyArray<CanaryTarget>,
  services: Context.Context<Dial | Resolver>
): Effect.Effect<boolean> =>
  targets.length === 0
    ? Effect.succeed(true)
    : Effect.callback<boolean>((resume) => {
        const asked = targets.map((target) => new Asking(target, services, (answer) => hear(answer)))
        let waiting = targets.length
        let denied = 0
        const hear = (answer: Answer) => {
          if (answer === "denied") denied++
          if (answer === "answered") return end(true)
          if (--waiting === 0) end(denied === targets.length)
        }
        const end = (isOnline: boolean) => {
          clearTimeout(timer)
          stop()
          resume(Effect.succeed(isOnline))
        }
        const stop = () => asked.forEach((one) => one.stop())
        const timer = setTimeout(() => end(false), canaryMs)
        for (const one of asked) one.start()
        return Effect.sync(stop)
      })

type Answer = "answered" | "silent" | "denied"

/** One attempt to connect. A refusal is an answer, too. */
class Asking {
  readonly #target: CanaryTarget
  readonly #services: Context.Context<Dial | Resolver>
  readonly #onEnd: (answer: Answer) => void
  #isOver = false
  #socket: { destroy: () => unknown } | undefined

  constructor(target: CanaryTarget, services: Context.Context<Dial | Resolver>, onEnd: (answer: Answer) => void) {
    this.#target = target
    this.#services = services
    this.#onEnd = onEnd
  }

  start(): void {
    const resolver = Context.get(this.#services, Resolver)
    const known = resolver.known(this.#target.host)
    if (known !== undefined) return this.#connect(known)
    resolver.query(this.#target.host, "any", (resolved) => {
      if (this.#isOver) return
      if ("code" in resolved) this.#end("silent")
      else this.#connect(resolved)
    })
  }

  stop(): void {
    this.#isOver = true
    this.#socket?.destroy()
  }

  #connect(addresses: Addresses): void {
    const socket = Context.get(this.#services, Dial).connect({ ...this.#target, addresses, purpose: "tcp" })
    if (socket instanceof CheckFailure.CheckError) return this.#end("denied")
    this.#socket = socket
    socket.once("connect", () => this.#end("answered"))
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      this.#end(code === "ECONNREFUSED" || code === "ECONNRESET" ? "answered" : "silent")
    )
  }

  #end(answer: Answer): void {
    if (this.#isOver) return
    this.stop()
    this.#onEnd(answer)
  }
}
