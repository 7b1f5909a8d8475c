/**
 * How late runs started since the last heartbeat.
 */

/** How many are looked at. */
const samplesMax = 10_000

/** Latenesses in microseconds. */
export class Latenesses {
  #samplesUs: Array<number> = []

  /** Notes one. */
  add(latenessUs: number): void {
    if (this.#samplesUs.length < samplesMax) this.#samplesUs.push(latenessUs)
  }

  /** The 99th percentile since the last call; 0 when there was none. */
  takeP99Us(): number {
    const sorted = this.#samplesUs.sort((a, b) => a - b)
    this.#samplesUs = []
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0
  }
}
