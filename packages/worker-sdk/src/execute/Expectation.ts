/**
 * A pattern that is awaited in a text that grows: tried when there is more of it, but for a small part of the time only,
 * whatever the pattern costs and however small the pieces are in which the text comes.
 */
import { Dialogue, type Pattern } from "@openseer/core"
import type { TargetRun } from "./TargetRun.ts"

/** A try that took so long is followed by a pause of this many times as long. */
const pauseFactor = 20

/** Tries that took no longer than this need no pause, in milliseconds. */
const freeMs = 0.05

/** What finding the line of a pattern may cost, in units of about 0.1 us: a tenth of a second. */
const restCostMax = 1_000_000

/** What is called when a pattern was found, with the text after it. */
export interface ExpectationOptions {
  readonly expect: string
  readonly onFound: (rest: string) => void
  readonly onTooExpensive: () => void
}

/** One awaited pattern. Over once it was found. */
export class Expectation {
  readonly expect: string
  readonly #pattern: Pattern.CompiledPattern
  readonly #run: TargetRun
  readonly #options: ExpectationOptions
  #text = ""
  #notBeforeMs = 0
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(run: TargetRun, options: ExpectationOptions) {
    this.expect = options.expect
    this.#pattern = Dialogue.compileExpected(options.expect)
    this.#run = run
    this.#options = options
    run.onRelease(() => clearTimeout(this.#timer))
  }

  /** The text, as far as it has come. Tries now, or a little later; `isLast` when no more will come: now. */
  look(text: string, isLast = false): void {
    if (this.#isOver) return
    this.#text = text
    const pauseMs = this.#notBeforeMs - performance.now()
    if (isLast || pauseMs <= 0) this.#try()
    else this.#timer ??= setTimeout(this.#run.handler(this.#try), pauseMs)
  }

  readonly #try = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const beganMs = performance.now()
    const found = this.#pattern.search(this.#text)
    const endedMs = performance.now()
    if (endedMs - beganMs > freeMs) this.#notBeforeMs = endedMs + (endedMs - beganMs) * pauseFactor
    if (found === false) return
    this.#isOver = true
    const rest = found === true ? restAfter(this.#pattern, this.#text) : undefined
    if (rest === undefined) this.#options.onTooExpensive()
    else this.#options.onFound(rest)
  }
}

/** The text after the first line with which a pattern is found. Undefined when it is too expensive to find that line. */
const restAfter = (pattern: Pattern.CompiledPattern, text: string): string | undefined => {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1)
  let low = 0
  let high = ends.length
  let cost = 0
  while (low < high) {
    const middle = (low + high) >> 1
    cost += pattern.lastCost()
    if (cost > restCostMax) return undefined
    if (pattern.search(text.slice(0, ends[middle])) === true) high = middle
    else low = middle + 1
  }
  return text.slice(ends[low] ?? text.length)
}
