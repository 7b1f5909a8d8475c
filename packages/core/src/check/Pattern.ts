/**
 * Regular expressions that take linear time: RE2 syntax, matched without ever going back, so that neither who writes a
 * pattern nor who sends the text can hold up a worker.
 *
 * A pattern has at most 512 characters and compiles to at most 1,000 instructions; it is searched in the first 1,048,576
 * UTF-16 units of a text. Most patterns are matched by an automaton of states that are made as they are needed (20 ns a
 * unit: 20 ms for such a text). Where its states come to more than 1 MB, every instruction has to be followed at every
 * unit (up to 0.15 us each): that is done for texts of up to 500,000 units divided by the number of instructions, and
 * above it the search ends as "too expensive". So no search takes much longer than 100 ms, whatever text and pattern.
 */
import { Schema } from "effect"
import { RE2JS } from "re2js"

/** The longest pattern, in UTF-16 units. */
export const patternLengthMax = 512

/** The most instructions that a pattern compiles to. Repetition multiplies: `(abc){200}` are about 600. */
export const instructionsMax = 1_000

/** How much of a text is looked at, in UTF-16 units. */
export const textLengthMax = 1_048_576

/** The most memory for the states of a pattern during a search and kept after it, in bytes. */
const statesBytesMax = 1_048_576
const statesBytesKept = 65_536

/** The most units times instructions of a search that follows every instruction. */
const stepsMax = 500_000

/** A search was given up: pattern and text together are too expensive. */
export const tooExpensive = "too expensive"

/**
 * A compiled pattern. `search` says whether the text has it anywhere, `fits` whether it is the whole text; `lastCost` is
 * what the last of them took, in units of about 0.1 us.
 */
export interface CompiledPattern {
  readonly source: string
  readonly search: (text: string) => boolean | typeof tooExpensive
  readonly fits: (text: string) => boolean | typeof tooExpensive
  readonly lastCost: () => number
}

/** What keeps a text from being a pattern. */
export interface PatternProblem {
  readonly problem: string
}

/** Whether {@link compile} gave a problem. */
export const isProblem = (value: CompiledPattern | PatternProblem): value is PatternProblem => "problem" in value

class TooExpensive extends Error {}

/**
 * Compiles a pattern, or says what is wrong with it.
 *
 * @example
 * ```ts
 * import { Pattern } from "@openseer/core"
 *
 * const pattern = Pattern.compile("^2[0-9]{2} ")
 * if (!Pattern.isProblem(pattern)) pattern.search("220 mail.example.com ESMTP") // true
 * ```
 */
export const compile = (source: string): CompiledPattern | PatternProblem => {
  if (source.length > patternLengthMax) return { problem: `must have at most ${patternLengthMax} characters` }
  if (!source.isWellFormed()) return { problem: "must not hold half of a surrogate pair" }
  const expression = parse(source)
  if (typeof expression === "string") return { problem: expression }
  const instructions = expression.programSize()
  if (instructions > instructionsMax) {
    return { problem: `is too large: it makes ${instructions} steps of at most ${instructionsMax}; repeat less` }
  }
  const engine = new BoundedEngine(expression, instructions)
  return {
    source,
    search: (text) => engine.run(text, (within) => expression.test(within)),
    fits: (text) => engine.run(text, (within) => expression.testExact(within)),
    lastCost: () => engine.lastCost
  }
}

const parse = (source: string): RE2JS | string => {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    return reasonOf(source, error instanceof Error ? error.message : "")
  }
}

/** The library's message names RE2's rule; these two are what people who know other engines stumble over. */
const reasonOf = (source: string, message: string): string => {
  if (/\(\?<?[=!]/.test(source)) {
    return "must not look ahead or behind, (?=…), (?!…), (?<=…) or (?<!…): patterns are RE2, which takes linear time"
  }
  if (/\\(?:[1-9]|k[<{'])/.test(source)) {
    return "must not refer back to a group, \\1 or \\k<name>: patterns are RE2, which takes linear time"
  }
  const reason = message.replace(/^error parsing regexp: /, "")
  return `is not a regular expression in RE2 syntax${reason === "" ? "" : `: ${reason}`}`
}

/** The engine of the library with its two expensive parts bounded: making states, and following every instruction. */
class BoundedEngine {
  readonly #engine: ReturnType<RE2JS["re2"]>
  #isPrepared = false
  #steps = 0
  lastCost = 0

  constructor(expression: RE2JS, instructions: number) {
    const engine = expression.re2()
    this.#engine = engine
    const follow = engine.doExecuteNFA.bind(engine)
    engine.doExecuteNFA = (input, ...rest) => {
      const steps = input.endPos() * instructions
      if (steps > stepsMax) throw new TooExpensive()
      this.#steps = steps
      return follow(input, ...rest)
    }
  }

  run(text: string, match: (text: string) => boolean): boolean | typeof tooExpensive {
    const { dfa } = this.#engine
    if (!this.#isPrepared) {
      this.#isPrepared = true
      dfa.stateBudget = statesBytesMax
      dfa.memBudget = statesBytesMax
      // Without it, states would be thrown away and made again all along the text.
      dfa.resetCache = () => null
    }
    const within = text.length > textLengthMax ? text.slice(0, textLengthMax) : text
    const budget = dfa.memBudget
    this.#steps = 0
    try {
      return match(within)
    } catch {
      return tooExpensive
    } finally {
      // Measured: 20 to 40 ns a unit, 0.2 us for each 8 bytes of a new state, 0.15 us a step.
      this.lastCost = Math.ceil((within.length + (budget - dfa.memBudget) / 2 + 3 * this.#steps) / 2)
      if (dfa.memBudget < statesBytesMax - statesBytesKept) dfa.clearCache()
    }
  }
}

/** A regular expression in a spec: RE2 syntax, which the schema compiles. */
export const Pattern = Schema.String.check(
  Schema.makeFilter((source: string) => {
    const compiled = compile(source)
    return isProblem(compiled) ? compiled.problem : true
  })
).annotate({
  identifier: "Pattern",
  description: `A regular expression in RE2 syntax, of at most ${patternLengthMax} characters`
})
