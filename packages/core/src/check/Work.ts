/**
 * What an evaluation may cost, counted and not timed, so that it ends the same way on every machine.
 */

/** What one assertion may cost, in units of about 0.1 us: so many values visited, or a tenth of a second at worst. */
export const workMax = 1_000_000

/** What all assertions of a run may cost together. */
export const workTotalMax = 4_000_000

/** An evaluation was given up. */
export class TooExpensive extends Error {}

/** The allowance of the assertions of one run. */
export class Work {
  #left = workMax
  #total = workTotalMax

  /** Gives the next assertion its allowance. */
  begin(): void {
    this.#left = Math.min(workMax, this.#total)
  }

  /** Throws {@link TooExpensive} when the allowance is used up. */
  readonly spend = (units: number): void => {
    this.#left -= units
    this.#total -= units
    if (this.#left < 0) throw new TooExpensive()
  }
}
