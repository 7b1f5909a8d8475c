/**
 * How often who may call the API: so much a minute for each credential, and less for an address that signs in. Counted in
 * memory by each replica for itself: behind a balancer of n replicas up to n times as much.
 */
import { Problem } from "@openseer/core"
import { Clock, Context, Effect, Layer } from "effect"
import { networkOf } from "../accounts/ClientNetwork.ts"
import { TokenBuckets } from "./TokenBuckets.ts"

/** The most requests of one API key or session in a minute, unless it is set otherwise. */
export const requestsPerMinuteDefault = 600

/**
 * The most requests of one address in a minute to what needs no credential, the group `auth`, and of those whose credential
 * is none, unless it is set otherwise.
 */
export const anonymousRequestsPerMinuteDefault = 60

/** The most requests in a minute: of each API key or session, and of each address without one. */
export interface RateLimits {
  readonly requestsPerMinute?: number
  readonly anonymousRequestsPerMinute?: number
}

/** Counts requests. Both fail with `TooManyRequests`, which says when to come again. */
export class RateLimit extends Context.Service<
  RateLimit,
  {
    /** Counts a request of an API key or session, by its public identifier. */
    readonly ofCredential: (id: string) => Effect.Effect<void, Problem.TooManyRequests>
    /**
     * Counts a request without a valid credential, by the network of its address. Without an address, in a program that
     * does not say whose connection it is, nobody is counted for everybody.
     */
    readonly ofAddress: (address: string | undefined) => Effect.Effect<void, Problem.TooManyRequests>
  }
>()("@openseer/server/RateLimit") {
  static readonly layer = (limits: RateLimits): Layer.Layer<RateLimit> =>
    Layer.sync(RateLimit, () => {
      const credentials = new TokenBuckets(limits.requestsPerMinute ?? requestsPerMinuteDefault)
      const addresses = new TokenBuckets(limits.anonymousRequestsPerMinute ?? anonymousRequestsPerMinuteDefault)
      return RateLimit.of({
        ofCredential: (id) => take(credentials, id),
        ofAddress: (address) => (address === undefined ? Effect.void : take(addresses, networkOf(address)))
      })
    })
}

const take = (buckets: TokenBuckets, caller: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
    const waitMs = buckets.take(caller, nowMs)
    return waitMs === 0
      ? Effect.void
      : Effect.fail(
          new Problem.TooManyRequests({
            retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
            detail: `at most ${buckets.perMinute} requests a minute`
          })
        )
  })
