/**
 * One condition on an observation: source, comparison, expected value. Data, never code.
 */
import { Schema } from "effect"
import type { Observation } from "./Observation.ts"

/** What an assertion looks at. Which of them a check type has, it says itself. */
export const AssertionSource = Schema.Literals([
  "status",
  "header",
  "body",
  "json",
  "responseTimeMs",
  "phaseMs",
  "sizeBytes",
  "certificateDaysLeft",
  "redirectTarget",
  "protocol",
  "tlsVersion",
  "address",
  "dnsAnswers",
  "dnsRcode",
  "banner",
  "detail"
])
export type AssertionSource = typeof AssertionSource.Type

/** How the actual value is compared with the expected one or ones. */
export const Comparison = Schema.Literals(["equals", "notEquals", "lessThan", "greaterThan", "between", "oneOf"])
export type Comparison = typeof Comparison.Type

/** How many expected values each comparison takes. */
const expectedCounts: Record<Comparison, readonly [minimum: number, maximum: number]> = {
  equals: [1, 1],
  notEquals: [1, 1],
  lessThan: [1, 1],
  greaterThan: [1, 1],
  between: [2, 2],
  oneOf: [1, 50]
}

/** One condition. `expected` has one value, two for `between` (both included), one to 50 for `oneOf`. */
export const Assertion = Schema.Struct({
  source: AssertionSource,
  comparison: Comparison,
  expected: Schema.Array(Schema.Finite),
  severity: Schema.Literals(["down", "degraded"])
})
  .check(
    Schema.makeFilter(({ comparison, expected }) => {
      const [minimum, maximum] = expectedCounts[comparison]
      if (expected.length >= minimum && expected.length <= maximum) return true
      const wanted = minimum === maximum ? `exactly ${minimum}` : `${minimum} to ${maximum}`
      return { path: ["expected"], issue: `${comparison} takes ${wanted} expected value(s), not ${expected.length}` }
    })
  )
  .annotate({ identifier: "Assertion" })
export type Assertion = typeof Assertion.Type

/** An assertion that did not hold, with what was seen. */
export interface AssertionFailure {
  readonly assertion: Assertion
  readonly actual: number | undefined
}

/** A sentence for people: what was expected and what came. */
export const describe = ({ actual, assertion }: AssertionFailure): string =>
  `${assertion.source} ${assertion.comparison} ${assertion.expected.join(", ")}: got ${actual ?? "nothing"}`

/** The assertions that do not hold for an observation. A value that is not there fails every comparison. */
export const failures = (
  assertions: ReadonlyArray<Assertion>,
  observation: Observation
): ReadonlyArray<AssertionFailure> =>
  assertions.flatMap((assertion) => {
    const actual = read(assertion.source, observation)
    return actual !== undefined && holds(assertion, actual) ? [] : [{ assertion, actual }]
  })

const read = (source: AssertionSource, observation: Observation): number | undefined =>
  source === "status" ? observation.statusCode : observation.totalUs / 1_000

const holds = ({ comparison, expected }: Assertion, actual: number): boolean => {
  const [first = Number.NaN, second = Number.NaN] = expected
  switch (comparison) {
    case "equals":
      return actual === first
    case "notEquals":
      return actual !== first
    case "lessThan":
      return actual < first
    case "greaterThan":
      return actual > first
    case "between":
      return actual >= first && actual <= second
    case "oneOf":
      return expected.includes(actual)
  }
}
