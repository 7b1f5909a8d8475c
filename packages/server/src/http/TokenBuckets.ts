/**
 * How often each of many callers may come: a bucket of tokens each, filled at a steady rate, so that a burst is fine and
 * a loop is slowed down.
 */

/** The most callers that are remembered; the one that has not come for the longest is forgotten first. */
const callersMax = 20_000

interface Bucket {
  tokens: number
  atMs: number
}

/** Buckets of `perMinute` tokens that fill within a minute. In memory, so of this replica alone. */
export class TokenBuckets {
  readonly perMinute: number
  // From the one that has not come for the longest.
  private readonly buckets = new Map<string, Bucket>()

  constructor(perMinute: number) {
    this.perMinute = perMinute
  }

  /** Takes a token at `nowMs` of a clock; answers 0, or in how many milliseconds there will be one. */
  take(caller: string, nowMs: number): number {
    if (this.perMinute === Number.POSITIVE_INFINITY) return 0
    const known = this.buckets.get(caller)
    const filled = known === undefined ? this.perMinute : (Math.max(0, nowMs - known.atMs) * this.perMinute) / 60_000
    const tokens = Math.min(this.perMinute, (known?.tokens ?? 0) + filled)
    const isTaken = tokens >= 1
    this.buckets.delete(caller)
    this.buckets.set(caller, { tokens: isTaken ? tokens - 1 : tokens, atMs: nowMs })
    if (this.buckets.size > callersMax) {
      for (const oldest of this.buckets.keys()) {
        this.buckets.delete(oldest)
        break
      }
    }
    return isTaken ? 0 : Math.ceil(((1 - tokens) * 60_000) / this.perMinute)
  }
}
