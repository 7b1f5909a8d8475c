/**
 * How much work one event loop takes on: so many runs that it stays idle for half of the time.
 *
 * Against packet captures, a loop that is busy for half of the time measures with a median error of 0.5 ms and a p99 of
 * 7 ms; beyond, the error grows without bound. So the cost of a run is measured, as the time for which the loop was busy,
 * divided by the runs that it started; that says how many it may start in a second, and that how many may be leased. What
 * does not fit stays with the control plane, for another worker or for later.
 */
import { WorkerRpc } from "@openseer/core"

/** The busy share of an event loop that admission aims at, by default. */
export const utilizationTarget = 0.5

/** How many runs may be held, waiting or going on, for each that may go on at the same time. */
const lookAheadFactor = 16

/**
 * How long before it starts a run is leased, on average, in milliseconds: a tick is handed out up to a horizon ahead, and
 * its runs spread over up to as much again.
 */
const leadMs = 1.5 * WorkerRpc.horizonMsMax

/** What a run is taken to cost before anything was measured, in milliseconds, and the number of runs that this weighs. */
const priorCostMs = 1
const priorRuns = 50

/** After this time what was measured weighs half, in milliseconds. */
const halfLifeMs = 10_000

/** Readings that come sooner after the last one say too little, in milliseconds. */
const readingMsMin = 500

/** However dear runs are (or however busy somebody else keeps the loop), this many may start in a second. */
const startsPerSecondMin = 1

/** What an event loop shows: the time it was busy and the runs it started, since it began, at an instant. */
export interface LoopReading {
  readonly at: number
  readonly activeMs: number
  readonly started: number
}

/** The measured cost of the runs of one event loop, and what follows from it. */
export class Admission {
  readonly #concurrency: number
  #last: LoopReading
  #activeMs = 0
  #runs = 0

  constructor(concurrency: number, first: LoopReading) {
    this.#concurrency = concurrency
    this.#last = first
  }

  /** Takes a reading in. */
  read(reading: LoopReading): void {
    const elapsedMs = reading.at - this.#last.at
    if (elapsedMs < readingMsMin) return
    const keep = 0.5 ** (elapsedMs / halfLifeMs)
    this.#activeMs = this.#activeMs * keep + (reading.activeMs - this.#last.activeMs)
    this.#runs = this.#runs * keep + (reading.started - this.#last.started)
    this.#last = reading
  }

  /** What a run costs, in milliseconds of the loop. */
  get costMs(): number {
    return (this.#activeMs + priorRuns * priorCostMs) / (this.#runs + priorRuns)
  }

  /** How many more runs may be leased, given those that wait and those that go on, and how many there may be at most. */
  room(waiting: number, inFlight: number): { readonly runs: number; readonly runsMax: number } {
    const startsPerSecond = Math.max(startsPerSecondMin, (utilizationTarget * 1_000) / this.costMs)
    const held = this.#concurrency * lookAheadFactor
    const ahead = Math.ceil((startsPerSecond * leadMs) / 1_000)
    return { runs: Math.min(held - waiting - inFlight, ahead - waiting), runsMax: Math.min(held, ahead) }
  }
}
