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
export const Severity = Schema.Literals(["down", "degraded"]).annotate({
  description: "What a run is when it does not hold"
})
export type Severity = typeof Severity.Type

const fields = {
  source: AssertionSource,
  property: Schema.optionalKey(
    Schema.String.annotate({ description: "Which of the source's values: header name, JSONPath, phase or record type" })
  ),
  comparison: Comparison,
  expected: Schema.optionalKey(
    Schema.Json.annotate({
      description: "One value, two numbers for between, a list for oneOf; nothing where nothing is expected"
    })
  ),
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

const Evidence = Schema.String.check(Schema.isMaxLength(200))

/**
 * An assertion that did not hold: its place in the list, and what was expected and seen as text that is cut to size, free
 * of secrets, and safe to show.
 */
export const FailedAssertion = Schema.Struct({
  index: Schema.Int.annotate({ description: "Its place in the monitor's assertions, from 0 on" }),
  source: AssertionSource,
  property: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(AssertionRules.propertyLengthMax))),
  comparison: Comparison,
  severity: Severity,
  expected: Evidence.annotate({ description: "What was expected, as text, cut to size" }),
  actual: Evidence.annotate({ description: "What came, as text, cut to size, without the monitor's secrets" })
}).annotate({ identifier: "FailedAssertion" })
export type FailedAssertion = typeof FailedAssertion.Type
