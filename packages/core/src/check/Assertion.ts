/**
 * One condition on an observation: source, comparison, expected value. Data, never code.
 *
 * A value that is not there fails every comparison but `notExists`; one that can't be read, because the body is not JSON
 * or too expensive to search, fails `notExists` as well. A comparison that does not apply to what came (`contains` on a
 * number) fails, its negation too. Numbers are compared with numbers; with a text source, and in `greaterThan`, `lessThan`
 * and `between` of JSON, a text that is a decimal number counts as that number. JSON is equal by value and type, whatever
 * the order of members.
 *
 * Lists: `contains` wants an element that is equal, `matches` an element that matches, `notContains` and `notMatches`
 * none; the DNS answers are equal to a list that has the same texts in any order. `empty` holds for a text, list or object
 * without content, not for null. `count` counts elements, members or characters. A JSONPath of names and indexes only
 * gives its value or nothing; any other gives the list of what it found, which `exists` when it is not empty.
 */
import { Schema } from "effect"
import * as AssertionRules from "./AssertionRules.ts"
import { AssertionSource, Comparison } from "./AssertionSource.ts"

export { AssertionSource, Comparison, comparisonsOf, sources } from "./AssertionSource.ts"

/** Whether an assertion that does not hold makes a run `down` or only `degraded`. */
export const Severity = Schema.Literals(["down", "degraded"])
export type Severity = typeof Severity.Type

const fields = {
  source: AssertionSource,
  property: Schema.optionalKey(Schema.String),
  comparison: Comparison,
  expected: Schema.optionalKey(Schema.Json),
  severity: Severity
}

/** An assertion as it is told. */
export const Assertion = Schema.Struct(fields).annotate({ identifier: "Assertion" })
export type Assertion = typeof Assertion.Type

/**
 * An assertion as it is taken: its members go together. `property` is the name of a header field, a JSONPath, a phase or
 * a record type; `expected` is one value, two numbers for `between`, one to 50 values for `oneOf`, a number or two for
 * `count`, and left out where nothing is expected. Regular expression and JSONPath are looked at by `CompiledAssertion`.
 */
export const AssertionInput = Schema.Struct(fields)
  .check(Schema.makeFilter((data) => AssertionRules.problemOf(data) ?? true))
  .annotate({ identifier: "AssertionInput" })

/**
 * An assertion that did not hold: its place in the list, and what was expected and seen as text that is cut to size, free
 * of secrets, and safe to show.
 */
export const FailedAssertion = Schema.Struct({
  index: Schema.Int,
  source: AssertionSource,
  property: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(AssertionRules.propertyLengthMax))),
  comparison: Comparison,
  severity: Severity,
  expected: Schema.String.check(Schema.isMaxLength(200)),
  actual: Schema.String.check(Schema.isMaxLength(200))
}).annotate({ identifier: "FailedAssertion" })
export type FailedAssertion = typeof FailedAssertion.Type
