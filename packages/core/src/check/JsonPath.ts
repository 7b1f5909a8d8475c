/**
 * JSONPath by RFC 9535 over what a target sent, within bounds: no query takes longer than about 100 ms.
 *
 * json-p3 parses the query; it is evaluated here, since every step has to be counted. A query has at most 256 characters
 * and 16 segments, those of its filters included. It visits at most a million values and finds at most 10,000; then it
 * ends as "too expensive". `match` and `search` take their regular expression as a literal in RE2 syntax, which has all of
 * I-Regexp (RFC 9485), so that it is compiled once and takes linear time.
 */
import type { Schema } from "effect"
import { JSONPathEnvironment, jsonpath, type JSONPathQuery } from "json-p3"
import * as JsonWalk from "./JsonWalk.ts"
import * as Pattern from "./Pattern.ts"
import { Work } from "./Work.ts"

/** The longest query, in UTF-16 units. */
export const pathLengthMax = 256

/** The most segments of a query, those of its filters included. */
export const segmentsMax = 16

/** How deep expressions of filters may be nested. */
const nestingMax = 16

/**
 * A compiled query. A singular one (names and indexes only) gives its value or nothing; any other always gives the list
 * of what it found.
 */
export interface CompiledPath {
  readonly isSingular: boolean
  /** Throws `TooExpensive`. */
  readonly find: (root: Schema.Json, work?: Work) => ReadonlyArray<Schema.Json>
}

/** What keeps a text from being a query. */
export interface PathProblem {
  readonly problem: string
}

/** Whether {@link compile} gave a problem. */
export const isProblem = (value: CompiledPath | PathProblem): value is PathProblem => "problem" in value

/**
 * Compiles a query, or says what is wrong with it.
 *
 * @example
 * ```ts
 * import { JsonPath } from "@openseer/core"
 *
 * const path = JsonPath.compile("$.items[?@.state == 'failed'].name")
 * if (!JsonPath.isProblem(path)) path.find({ items: [{ name: "a", state: "failed" }] }) // ["a"]
 * ```
 */
export const compile = (source: string): CompiledPath | PathProblem => {
  if (source.length > pathLengthMax) return { problem: `must have at most ${pathLengthMax} characters` }
  if (!source.startsWith("$")) return { problem: "must be a JSONPath (RFC 9535), which begins with $, like $.status" }
  if (!source.isWellFormed()) return { problem: "must not hold half of a surrogate pair" }
  if (nestingOf(source) > nestingMax) return { problem: `must not be nested more than ${nestingMax} levels deep` }
  const query = parse(source)
  if (typeof query === "string") return { problem: query }
  const patterns = new Map<string, Pattern.CompiledPattern>()
  const survey = { segments: 0, patterns, problem: undefined as string | undefined }
  inspect(query, survey)
  if (survey.problem !== undefined) return { problem: survey.problem }
  if (survey.segments > segmentsMax) {
    return { problem: `must have at most ${segmentsMax} segments, those of its filters included` }
  }
  return {
    isSingular: query.singularQuery(),
    find: (root, work = new Work()) => JsonWalk.find(query, root, patterns, work)
  }
}

const environment = new JSONPathEnvironment({ strict: true })

const parse = (source: string): JSONPathQuery | string => {
  try {
    return environment.compile(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, " ").slice(0, 160) : ""
    return `is not a JSONPath (RFC 9535)${reason === "" ? "" : `: ${reason}`}`
  }
}

/** An upper bound for how deep the parser has to go. */
const nestingOf = (source: string): number => {
  let depth = 0
  let deepest = 0
  for (const character of source) {
    if (character === "(" || character === "[" || character === "!") deepest = Math.max(deepest, ++depth)
    else if (character === ")" || character === "]") depth--
  }
  return deepest
}

interface Survey {
  segments: number
  readonly patterns: Map<string, Pattern.CompiledPattern>
  problem: string | undefined
}

const { expressions, selectors } = jsonpath

const inspect = (query: JSONPathQuery, survey: Survey): void => {
  survey.segments += query.segments.length
  for (const segment of query.segments) {
    // `$['a','a',…]` multiplies as a further segment does.
    survey.segments += Math.max(0, segment.selectors.length - 1) >> 2
    for (const selector of segment.selectors) {
      if (selector instanceof selectors.FilterSelector) inspectExpression(selector.expression, survey)
    }
  }
}

const inspectExpression = (expression: unknown, survey: Survey): void => {
  if (expression instanceof expressions.LogicalExpression) inspectExpression(expression.expression, survey)
  else if (expression instanceof expressions.PrefixExpression) inspectExpression(expression.right, survey)
  else if (expression instanceof expressions.InfixExpression) {
    inspectExpression(expression.left, survey)
    inspectExpression(expression.right, survey)
  } else if (expression instanceof expressions.FilterQuery) inspect(expression.path, survey)
  else if (expression instanceof expressions.FunctionExtension) {
    for (const arg of expression.args) inspectExpression(arg, survey)
    if (expression.name === "match" || expression.name === "search") inspectPattern(expression, survey)
  }
}

const inspectPattern = ({ args, name }: InstanceType<typeof expressions.FunctionExtension>, survey: Survey): void => {
  const [, literal] = args
  if (!(literal instanceof expressions.StringLiteral)) {
    survey.problem ??= `must give ${name}() its regular expression as a text in quotes`
    return
  }
  const compiled = Pattern.compile(literal.value)
  if (Pattern.isProblem(compiled)) survey.problem ??= `has a regular expression in ${name}() that ${compiled.problem}`
  else survey.patterns.set(literal.value, compiled)
}
