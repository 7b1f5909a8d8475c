/**
 * Assertions ready to be evaluated: compiled once a monitor, whatever number of runs.
 */
import { Exit, Schema } from "effect"
import { Assertion } from "./Assertion.ts"
import * as AssertionRules from "./AssertionRules.ts"
import { type AssertionProblem, type Comparison, type SourceInfo, sources } from "./AssertionSource.ts"
import { jsonEqual } from "./JsonEqual.ts"
import * as JsonPath from "./JsonPath.ts"
import * as Pattern from "./Pattern.ts"
import type { Reading, Reader, Subject } from "./Subject.ts"
import * as Substring from "./Substring.ts"
import { TooExpensive, type Work } from "./Work.ts"

/** What evaluating an assertion gives: whether it holds, and what was read. */
export interface Evaluated {
  readonly holds: boolean
  readonly reading: Reading
}

/** An assertion that is ready to be evaluated. `evaluate` never throws, whatever the subject. */
export interface CompiledAssertion {
  readonly assertion: Assertion
  readonly evaluate: (subject: Subject) => Evaluated
}

/** Whether {@link compile} gave a problem. */
export const isProblem = (value: CompiledAssertion | AssertionProblem): value is AssertionProblem => "issue" in value

/**
 * Compiles an assertion, or says what is wrong with it: its members, its JSONPath, its regular expression.
 *
 * @example
 * ```ts
 * import { CompiledAssertion } from "@openseer/core"
 *
 * const compiled = CompiledAssertion.compile({
 *   source: "json",
 *   property: "$.queue.depth",
 *   comparison: "lessThan",
 *   expected: 1000,
 *   severity: "degraded"
 * })
 * ```
 */
export const compile = (assertion: Assertion): CompiledAssertion | AssertionProblem => {
  const problem = AssertionRules.problemOf(assertion)
  if (problem !== undefined) return problem
  const { comparison, property, source } = assertion
  const info: SourceInfo = sources[source]
  let path: JsonPath.CompiledPath | undefined
  if (info.property?.is === "JSONPath" && property !== undefined) {
    const compiled = JsonPath.compile(property)
    if (JsonPath.isProblem(compiled)) return { path: ["property"], issue: compiled.problem }
    path = compiled
  }
  let pattern: Pattern.CompiledPattern | undefined
  if (comparison === "matches" || comparison === "notMatches") {
    const compiled = Pattern.compile(String(assertion.expected))
    if (Pattern.isProblem(compiled)) return { path: ["expected"], issue: compiled.problem }
    pattern = compiled
  }
  const reader: Reader = { source, property, path }
  const isList = info.kind === "list" || path?.isSingular === false
  const test = tests[comparison]({ expected: assertion.expected ?? null, kind: info.kind, pattern })
  return { assertion, evaluate: (subject) => evaluate(subject, reader, comparison, isList, test) }
}

/** Decodes and compiles what a control plane sent. Undefined when this version does not know it. */
export const decode = (encoded: unknown): CompiledAssertion | undefined => {
  const decoded = decodeStrictly(encoded)
  if (Exit.isFailure(decoded)) return undefined
  const compiled = compile(decoded.value)
  return isProblem(compiled) ? undefined : compiled
}

// A member that this version does not know would change what the assertion means.
const decodeStrictly = Schema.decodeUnknownExit(Assertion, { onExcessProperty: "error" })

const evaluate = (subject: Subject, reader: Reader, comparison: Comparison, isList: boolean, test: Test): Evaluated => {
  try {
    subject.work.begin()
    const reading = subject.read(reader)
    if (reading !== undefined && "problem" in reading) return { holds: false, reading }
    const isThere = reading !== undefined && !(isList && Array.isArray(reading.value) && reading.value.length === 0)
    if (comparison === "exists") return { holds: isThere, reading }
    if (comparison === "notExists") return { holds: !isThere, reading }
    return { holds: reading !== undefined && test(reading.value, subject.work), reading }
  } catch (error) {
    const problem = error instanceof TooExpensive ? "it is too expensive to search" : "it can't be read"
    return { holds: false, reading: { problem } }
  }
}

type Test = (value: Schema.Json, work: Work) => boolean

interface Expectation {
  readonly expected: Schema.Json
  readonly kind: SourceInfo["kind"]
  readonly pattern: Pattern.CompiledPattern | undefined
}

/** A text as a decimal number, the whole of it; NaN when it is none. */
const decimal = (text: string): number =>
  text.length <= 64 && /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(text) ? Number(text) : Number.NaN

const numberOf = (value: Schema.Json): number =>
  typeof value === "number" ? value : typeof value === "string" ? decimal(value) : Number.NaN

const isSame = (value: Schema.Json, expected: Schema.Json, kind: SourceInfo["kind"], work: Work): boolean => {
  if (kind === "text" && typeof expected === "number") return numberOf(value) === expected
  if (kind === "list" && Array.isArray(value) && Array.isArray(expected)) {
    return jsonEqual(value.toSorted(), expected.toSorted(), work.spend)
  }
  return jsonEqual(value, expected, work.spend)
}

/** Whether there is such a part; undefined when the value has no parts of the kind. */
const hasPart = (value: Schema.Json, expected: Schema.Json, work: Work): boolean | undefined => {
  if (typeof value === "string" && typeof expected === "string") {
    work.spend(value.length >> 2)
    return Substring.searchFor(expected)(value) !== -1
  }
  return Array.isArray(value) ? value.some((item) => jsonEqual(item, expected, work.spend)) : undefined
}

const isMatch = (value: Schema.Json, pattern: Pattern.CompiledPattern | undefined, work: Work): boolean | undefined => {
  if (pattern === undefined) return undefined
  const search = (text: string): boolean => {
    const found = pattern.search(text)
    work.spend(pattern.lastCost())
    if (found === Pattern.tooExpensive) throw new TooExpensive()
    return found
  }
  if (typeof value === "string") return search(value)
  return Array.isArray(value) ? value.some((item) => typeof item === "string" && search(item)) : undefined
}

/** How many elements, members or characters a value has; undefined when it has no such thing. */
export const countOf = (value: Schema.Json): number | undefined => {
  if (Array.isArray(value)) return value.length
  if (typeof value === "object" && value !== null) return Object.keys(value).length
  if (typeof value !== "string") return undefined
  let characters = 0
  for (const _ of value) characters++
  return characters
}

const isEmpty = (value: Schema.Json): boolean | undefined => {
  if (typeof value === "string" || Array.isArray(value)) return value.length === 0
  return typeof value === "object" && value !== null ? Object.keys(value).length === 0 : undefined
}

const isWithin = (value: number, range: Schema.Json): boolean =>
  Array.isArray(range) ? value >= Number(range[0]) && value <= Number(range[1]) : value === range

const typeOf = (value: Schema.Json): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)

const tests: Record<Comparison, (expectation: Expectation) => Test> = {
  equals:
    ({ expected, kind }) =>
    (value, work) =>
      isSame(value, expected, kind, work),
  notEquals:
    ({ expected, kind }) =>
    (value, work) =>
      !isSame(value, expected, kind, work),
  greaterThan:
    ({ expected }) =>
    (value) =>
      numberOf(value) > Number(expected),
  lessThan:
    ({ expected }) =>
    (value) =>
      numberOf(value) < Number(expected),
  between:
    ({ expected }) =>
    (value) =>
      isWithin(numberOf(value), expected),
  contains:
    ({ expected }) =>
    (value, work) =>
      hasPart(value, expected, work) === true,
  notContains:
    ({ expected }) =>
    (value, work) =>
      hasPart(value, expected, work) === false,
  matches:
    ({ pattern }) =>
    (value, work) =>
      isMatch(value, pattern, work) === true,
  notMatches:
    ({ pattern }) =>
    (value, work) =>
      isMatch(value, pattern, work) === false,
  exists: () => () => true,
  notExists: () => () => false,
  empty: () => (value) => isEmpty(value) === true,
  notEmpty: () => (value) => isEmpty(value) === false,
  count:
    ({ expected }) =>
    (value) => {
      const count = countOf(value)
      return count !== undefined && isWithin(count, expected)
    },
  hasType:
    ({ expected }) =>
    (value) =>
      typeOf(value) === expected,
  oneOf:
    ({ expected, kind }) =>
    (value, work) =>
      Array.isArray(expected) && expected.some((one: Schema.Json) => isSame(value, one, kind, work))
}
