/**
 * Assertions in words: what is looked at, and what is asked of it.
 */
import type { Assertion } from "@openseer/core"

const sources: Readonly<Record<Assertion.AssertionSource, string>> = {
  status: "Status code",
  header: "Header",
  body: "Body",
  json: "JSON",
  responseTimeMs: "Response time",
  phaseMs: "Phase",
  sizeBytes: "Size",
  certificateDaysLeft: "Certificate",
  redirectTarget: "Redirect target",
  protocol: "Protocol",
  tlsVersion: "TLS version",
  address: "Address",
  dnsAnswers: "DNS answers",
  dnsRcode: "DNS response code",
  banner: "Banner",
  detail: "Detail"
}

const units: Partial<Record<Assertion.AssertionSource, string>> = {
  responseTimeMs: "ms",
  phaseMs: "ms",
  sizeBytes: "bytes",
  certificateDaysLeft: "days left"
}

/** How a comparison is said between a source and what is expected. */
export const comparisonWords: Readonly<Record<Assertion.Comparison, string>> = {
  equals: "is",
  notEquals: "is not",
  greaterThan: "is above",
  lessThan: "is below",
  between: "is between",
  contains: "contains",
  notContains: "does not contain",
  matches: "matches",
  notMatches: "does not match",
  exists: "exists",
  notExists: "does not exist",
  empty: "is empty",
  notEmpty: "is not empty",
  count: "has the count",
  hasType: "has the type",
  oneOf: "is one of"
}

/** What an assertion looks at: "Status code", "Header content-type". */
export const subjectWords = (assertion: Pick<Assertion.Assertion, "source" | "property">): string =>
  assertion.property === undefined ? sources[assertion.source] : `${sources[assertion.source]} ${assertion.property}`

/** An assertion as a sentence without its end: "Response time is below 250 ms". */
export const assertionWords = ({ comparison, expected, property, source }: Assertion.Assertion): string =>
  [
    subjectWords(property === undefined ? { source } : { source, property }),
    comparisonWords[comparison],
    expectedWords(expected, comparison),
    expected === undefined ? undefined : units[source]
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(" ")

const expectedWords = (expected: unknown, comparison: Assertion.Comparison): string => {
  if (expected === undefined) return ""
  if (Array.isArray(expected)) {
    const items = expected.map((item) => expectedWords(item, "equals"))
    return comparison === "between" || comparison === "count" ? items.join(" and ") : items.join(", ")
  }
  return JSON.stringify(expected)
}
