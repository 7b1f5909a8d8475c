/**
 * An address for drivers that dial by themselves: looked up as our own executors do, and judged by the egress policy.
 */
import { CheckFailure, type Host } from "@openseer/core"
import { Effect } from "effect"
import { Dial } from "../egress/Dial.ts"
import { type Resolved, Resolver } from "../egress/Resolver.ts"
import * as SocketFault from "./SocketFault.ts"

/** Whom a driver is to reach. */
export interface JudgedTarget {
  readonly host: string
  readonly port: number
  readonly family?: Host.IpFamily
}

/** The address to give to the driver, never the name, and how long finding it took. */
export interface JudgedAddress {
  readonly address: string
  readonly dnsUs: number
}

/**
 * Looks a host up and judges every address that it has: the driver of a check type of one's own is given the one that
 * comes back, so that it reaches nothing that the operator of the worker did not open.
 *
 * Fails with `dns_not_found`, `dns_timeout`, `dns_failed` or `egress_denied`.
 *
 * @example
 * ```ts
 * import { JudgedAddress } from "@openseer/worker-sdk"
 *
 * const address = JudgedAddress.of({ host: "redis.example.com", port: 6379 })
 * ```
 */
export const of = (target: JudgedTarget): Effect.Effect<JudgedAddress, CheckFailure.CheckFailure, Dial | Resolver> =>
  Effect.gen(function* () {
    const { family = "any", host, port } = target
    const { known, query } = yield* Resolver
    const startedMs = performance.now()
    const resolved =
      known(host, family) ??
      (yield* Effect.callback<Resolved>((resume) => query(host, family, (answer) => resume(Effect.succeed(answer)))))
    if ("code" in resolved) return yield* new CheckFailure.TargetFailed(SocketFault.ofLookup(host, resolved.code))
    const denied = (yield* Dial).judge({ host, port, purpose: "tcp", addresses: resolved })
    if (denied !== undefined) return yield* denied
    return { address: resolved[0], dnsUs: Math.round((performance.now() - startedMs) * 1_000) }
  })
