/**
 * A limit of time that is never over early.
 *
 * Node counts a timer from where its loop last read the clock, which after a busy turn is some milliseconds ago: the
 * timer then fires as much too soon, and a target that had still time would be called too slow. So the clock is asked.
 */

/** One limit, which counts from when it is made. */
export class Deadline {
  readonly #endsAt: number
  readonly #onEnd: () => void
  #timer: NodeJS.Timeout

  /** `onEnd` is called once, `limitMs` from now or a little later, unless it is cleared before. */
  constructor(limitMs: number, onEnd: () => void) {
    this.#endsAt = performance.now() + limitMs
    this.#onEnd = onEnd
    this.#timer = setTimeout(this.#look, limitMs)
  }

  /** Forgets it. */
  clear(): void {
    clearTimeout(this.#timer)
  }

  readonly #look = (): void => {
    const leftMs = this.#endsAt - performance.now()
    if (leftMs <= 0) this.#onEnd()
    else this.#timer = setTimeout(this.#look, Math.ceil(leftMs))
  }
}
