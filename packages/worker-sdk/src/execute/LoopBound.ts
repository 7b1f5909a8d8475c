/**
 * How much of a measured time may be the worker's own event loop: an upper bound from public APIs.
 *
 * An event that is seen in one turn of the loop was not ready when the turn before polled, so it is seen late by at most
 * the time in which the loop was active since that turn began. Against packet captures this held for 98 % of checks and
 * is two to three times the true error; what is missing is the time in which the system ran somebody else.
 *
 * The turn before is the last one that somebody noted. Runs note theirs, and where they are few a timer does: otherwise all
 * that a busy program did between two events of a lonely run would count as their delay.
 */
import { performance } from "node:perf_hooks"

/** Milliseconds in which this thread's event loop was not waiting, since it began. */
const activeMs = (): number => performance.now() - performance.nodeTiming.idleTime

/** The longest time between two noted turns of a loop that is not busy, in milliseconds. */
const turnMsMax = 20

/** The turns of this thread's loop, as far as anybody marked an event in them. */
const turns = { count: 0, isMarked: false, beganMs: activeMs(), previousBeganMs: activeMs() }

const endTurn = (): void => {
  turns.isMarked = false
}

/** Notes that an event is seen now; returns how late at most, in milliseconds. */
const noteEvent = (): number => {
  const nowMs = activeMs()
  if (!turns.isMarked) {
    turns.isMarked = true
    turns.count++
    turns.previousBeganMs = turns.beganMs
    turns.beganMs = nowMs
    setImmediate(endTurn)
  }
  return nowMs - turns.previousBeganMs
}

let sampling: NodeJS.Timeout | undefined

/** Notes turns from the first run on: fifty a second cost a ten-thousandth of a core, and keep no process alive. */
const sample = (): void => {
  sampling ??= setInterval(noteEvent, turnMsMax).unref()
}

/** The error bound of one run. Made at the run's start. */
export class LoopBound {
  readonly #startedMs: number
  #sumMs = 0
  #turn = -1
  #lastMs = 0

  constructor() {
    sample()
    noteEvent()
    this.#startedMs = turns.beganMs
  }

  /** Call first thing in the handler of each event that ends a phase. */
  readonly mark = (): void => {
    const lateMs = noteEvent()
    // Several events in one turn are late by the last one's lateness together.
    if (turns.count === this.#turn) this.#sumMs -= this.#lastMs
    this.#sumMs += lateMs
    this.#lastMs = lateMs
    this.#turn = turns.count
  }

  /** The bound in whole microseconds: of all marked events, never more than the loop was active during the run. */
  get boundUs(): number {
    return Math.ceil(Math.min(this.#sumMs, activeMs() - this.#startedMs) * 1_000)
  }
}
