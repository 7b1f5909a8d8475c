/**
 * Assertions that did not hold, as evidence and as a sentence for people.
 */
import type { Schema } from "effect"
import type { Assertion, FailedAssertion } from "./Assertion.ts"
import { propertyLengthMax } from "./AssertionRules.ts"
import { type Comparison, type SourceInfo, sources } from "./AssertionSource.ts"
import { countOf } from "./CompiledAssertion.ts"
import { cut, escaped, type Redact, shown, shownLengthMax } from "./Evidence.ts"
import type { Reading } from "./Subject.ts"

/** How much of a value a sentence shows, in UTF-16 units. */
const quotedLengthMax = 80

/** What an assertion expected and what came, as text. */
export const evidenceOf = (index: number, assertion: Assertion, reading: Reading, redact: Redact): FailedAssertion => {
  const { comparison, property, severity, source } = assertion
  return {
    index,
    source,
    ...(property === undefined ? {} : { property: cut(redact(escaped(property)), propertyLengthMax) }),
    comparison,
    severity,
    expected: expectedText(assertion, redact, shownLengthMax),
    actual: actualText(comparison, reading, redact, shownLengthMax)
  }
}

/** Like `header content-type is "text/html", expected to contain "json"`. */
export const sentenceOf = (assertion: Assertion, reading: Reading, redact: Redact): string => {
  const { comparison, source } = assertion
  const info: SourceInfo = sources[source]
  const property =
    assertion.property === undefined ? "" : ` ${cut(redact(escaped(assertion.property)), quotedLengthMax)}`
  const name = `${info.label}${property}`
  const isCount =
    comparison === "count" && reading !== undefined && "value" in reading && countOf(reading.value) !== undefined
  const actual = actualText(comparison, reading, redact, quotedLengthMax)
  const unit = reading !== undefined && "value" in reading && typeof reading.value === "number" ? info.unit : ""
  const is = source === "certificateDaysLeft" && unit !== "" ? "has" : "is"
  const left = is === "has" ? " left" : ""
  const expected = expectedText(assertion, redact, quotedLengthMax)
  return `${isCount ? `the count of ${name}` : name} ${is} ${actual}${unit}${left}, expected ${phrases[comparison](expected)}${
    measured.has(comparison) ? info.unit : ""
  }`
}

const measured: ReadonlySet<Comparison> = new Set(["greaterThan", "lessThan", "between"])

const phrases: Record<Comparison, (expected: string) => string> = {
  equals: (expected) => expected,
  notEquals: (expected) => `anything but ${expected}`,
  greaterThan: (expected) => `more than ${expected}`,
  lessThan: (expected) => `less than ${expected}`,
  between: (expected) => expected,
  contains: (expected) => `to contain ${expected}`,
  notContains: (expected) => `not to contain ${expected}`,
  matches: (expected) => `to match ${expected}`,
  notMatches: (expected) => `not to match ${expected}`,
  exists: () => "to be there",
  notExists: () => "not to be there",
  empty: () => "to be empty",
  notEmpty: () => "not to be empty",
  count: (expected) => expected,
  hasType: (expected) => `to be of type ${expected}`,
  oneOf: (expected) => `one of ${expected}`
}

const expectedText = ({ comparison, expected }: Assertion, redact: Redact, lengthMax: number): string => {
  if (expected === undefined) return ""
  if (comparison === "hasType") return cut(String(expected), lengthMax)
  if (Array.isArray(expected)) {
    const items: ReadonlyArray<Schema.Json> = expected
    if (comparison === "between" || comparison === "count") return redact(items.map(String).join(" to "))
    if (comparison === "oneOf") {
      return cut(redact(items.map((item) => shown(item, redact, lengthMax)).join(", ")), lengthMax)
    }
  }
  return shown(expected, redact, lengthMax)
}

const actualText = (comparison: Comparison, reading: Reading, redact: Redact, lengthMax: number): string => {
  if (reading === undefined) return "missing"
  if ("problem" in reading) return `unknown (${reading.problem})`
  const { value } = reading
  const count = comparison === "count" ? countOf(value) : undefined
  return count === undefined ? shown(value, redact, lengthMax) : String(count)
}
