/**
 * The smallest round trip seen lately: the one with the least queueing in it, hence the best guess of the way itself.
 */

/** How many exchanges are looked back on, so that a change of route is forgotten after a few minutes of polling. */
const samplesMax = 64

/** A filter of round trips, in milliseconds. */
export class RoundTrip {
  readonly #samples: Array<number> = []
  #next = 0

  /** Notes one exchange. */
  add(roundTripMs: number): void {
    this.#samples[this.#next] = Math.max(0, roundTripMs)
    this.#next = (this.#next + 1) % samplesMax
  }

  /** Half of the smallest round trip: how long an answer is on its way. 0 before the first exchange. */
  get oneWayMs(): number {
    return this.#samples.length === 0 ? 0 : Math.min(...this.#samples) / 2
  }
}
