/**
 * Which members of an assertion go together. What is inside its regular expression or JSONPath is looked at when it is
 * compiled: this much needs no engine and is in the client as well.
 */
import type { Schema } from "effect"
import {
  type AssertionData,
  type AssertionProblem,
  type Comparison,
  comparisonsOf,
  jsonTypes,
  type SourceInfo,
  type SourceKind,
  type SourceProperty,
  sources
} from "./AssertionSource.ts"
import { phaseNames } from "./Observation.ts"

/** The longest property and the longest expected value, in UTF-16 units of its JSON. */
export const propertyLengthMax = 256
export const expectedLengthMax = 4_096

/** The most values of `oneOf`. */
export const expectedValuesMax = 50

/** What is wrong with an assertion, without looking into its JSONPath and its regular expression. */
export const problemOf = (data: AssertionData): AssertionProblem | undefined =>
  propertyProblem(data) ?? comparisonProblem(data) ?? expectedProblem(data)

const issueAt =
  (member: "property" | "expected") =>
  (issue: string): AssertionProblem => ({ path: [member], issue })

const propertyProblem = ({ property, source: name }: AssertionData): AssertionProblem | undefined => {
  const rule: SourceProperty | undefined = (sources[name] as SourceInfo).property
  const issue = issueAt("property")
  if (rule === undefined) return property === undefined ? undefined : issue(`is not for ${name}: leave it out`)
  if (property === undefined)
    return rule.isRequired ? issue(`is required with ${name}: ${example[rule.is]}`) : undefined
  if (!isStorable(property)) return issue("must not hold NUL or half of a surrogate pair")
  if (property.length > propertyLengthMax) return issue(`must have at most ${propertyLengthMax} characters`)
  return isProperty[rule.is](property) ? undefined : issue(`must be ${example[rule.is]}`)
}

const example: Record<SourceProperty["is"], string> = {
  "header name": "the name of a header field, like content-type",
  JSONPath: "a JSONPath (RFC 9535), which begins with $, like $.status",
  phase: `one of ${phaseNames.join(", ")}`,
  "record type": "a record type in upper case, like A or MX"
}

const isProperty: Record<SourceProperty["is"], (property: string) => boolean> = {
  "header name": (property) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(property),
  JSONPath: (property) => property.startsWith("$"),
  phase: (property) => phaseNames.some((phase) => phase === property),
  "record type": (property) => /^[A-Z][A-Z0-9-]{0,15}$/.test(property)
}

const comparisonProblem = ({ comparison, source: name }: AssertionData): AssertionProblem | undefined => {
  const fitting = comparisonsOf[sources[name].kind]
  if (fitting.includes(comparison)) return undefined
  return { path: ["comparison"], issue: `must be one of ${fitting.join(", ")} with ${name}` }
}

const expectedProblem = ({ comparison, expected, source: name }: AssertionData): AssertionProblem | undefined => {
  const issue = issueAt("expected")
  const { kind } = sources[name]
  if (takesNothing.has(comparison)) {
    return expected === undefined ? undefined : issue(`is not for ${comparison}: leave it out`)
  }
  if (expected === undefined) return issue(`is required with ${comparison}`)
  const problem = expectedRules[comparison]?.(expected, kind)
  if (problem !== undefined) return issue(`must be ${problem} with ${comparison} of ${name}`)
  if (!isStorable(expected)) return issue("must not hold NUL or half of a surrogate pair")
  if (JSON.stringify(expected).length > expectedLengthMax) {
    return issue(`must have at most ${expectedLengthMax} characters as JSON`)
  }
  return undefined
}

/** Whether PostgreSQL's jsonb can hold a value. */
const isStorable = (value: Schema.Json): boolean => {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0")
  if (typeof value !== "object" || value === null) return true
  return Object.entries(value).every(([name, item]) => isStorable(name) && isStorable(item as Schema.Json))
}

const takesNothing: ReadonlySet<Comparison> = new Set(["exists", "notExists", "empty", "notEmpty"])

type Rule = (expected: Schema.Json, kind: SourceKind) => string | undefined

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
const isText = (value: unknown): value is string => typeof value === "string"
const isCount = (value: unknown): value is number => isNumber(value) && Number.isInteger(value) && value >= 0

const scalar: Rule = (expected, kind) => {
  if (kind === "number") return isNumber(expected) ? undefined : "a number"
  if (kind === "text") return isText(expected) || isNumber(expected) ? undefined : "a text or a number"
  if (kind === "list") return Array.isArray(expected) && expected.every(isText) ? undefined : "a list of texts"
  return undefined
}

const number: Rule = (expected) => (isNumber(expected) ? undefined : "a number")

const range =
  (isBound: (value: unknown) => value is number, what: string): Rule =>
  (expected) =>
    Array.isArray(expected) &&
    expected.length === 2 &&
    isBound(expected[0]) &&
    isBound(expected[1]) &&
    expected[0] <= expected[1]
      ? undefined
      : what

const part: Rule = (expected, kind) =>
  kind === "json"
    ? expected === ""
      ? "a text that is not empty, or a value"
      : undefined
    : isText(expected) && expected !== ""
      ? undefined
      : "a text that is not empty"

const pattern: Rule = (expected) => (isText(expected) ? undefined : "a regular expression as a text")

const expectedRules: Partial<Record<Comparison, Rule>> = {
  equals: scalar,
  notEquals: scalar,
  greaterThan: number,
  lessThan: number,
  between: range(isNumber, "two numbers, the lower one first, like [200, 299],"),
  contains: part,
  notContains: part,
  matches: pattern,
  notMatches: pattern,
  count: (expected) =>
    isCount(expected)
      ? undefined
      : range(isCount, "a whole number, or the lowest and the highest one, like [1, 5],")(expected, "json"),
  hasType: (expected) => (jsonTypes.some((type) => type === expected) ? undefined : `one of ${jsonTypes.join(", ")}`),
  oneOf: (expected, kind) =>
    Array.isArray(expected) &&
    expected.length > 0 &&
    expected.length <= expectedValuesMax &&
    expected.every((value: Schema.Json) => scalar(value, kind) === undefined)
      ? undefined
      : `a list of 1 to ${expectedValuesMax} ${kind === "number" ? "numbers" : kind === "text" ? "texts or numbers" : "values"}`
}
