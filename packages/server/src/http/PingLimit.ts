/**
 * How often one ping URL may be called: what keeps a job in a loop from costing more than its share.
 */

/** The most calls of one ping URL in a second, on one control plane. */
export const pingsPerSecondMax = 10

/** The most URLs that are counted; what comes with others in the same second is not limited. */
const tokensMax = 20_000

/** Counts calls by whole seconds. It forgets all of them every second, so it stays small. */
export class PingLimit {
  private second = -1
  private readonly counts = new Map<string, number>()

  /** Counts a call at `nowMs` of a monotonic clock; answers whether it is within the limit. */
  admits(token: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000)
    if (second !== this.second) {
      this.second = second
      this.counts.clear()
    }
    const count = (this.counts.get(token) ?? 0) + 1
    if (count > 1 || this.counts.size < tokensMax) this.counts.set(token, count)
    return count <= pingsPerSecondMax
  }
}
