/**
 * What assertions look at, and how it is compared: the words, and which of them go together.
 */
import { Schema } from "effect"

/** What the value of a source is: a number, a text, a list of texts, or any JSON that a JSONPath finds. */
export type SourceKind = "number" | "text" | "list" | "json"

/** What `property` is for a source, if it takes one. */
export interface SourceProperty {
  readonly isRequired: boolean
  readonly is: "header name" | "JSONPath" | "phase" | "record type"
}

/** A source: its kind, how sentences name it, its unit in sentences, and what it is. */
export interface SourceInfo {
  readonly kind: SourceKind
  readonly label: string
  readonly unit: string
  readonly description: string
  readonly property?: SourceProperty
}

const source = (
  kind: SourceKind,
  label: string,
  description: string,
  more: { readonly unit?: string; readonly property?: SourceProperty } = {}
): SourceInfo => ({ kind, label, description, unit: "", ...more })

/** All sources. Which of them a check type has, it says itself. */
export const sources = {
  status: source("number", "status", "The status code of the last answer."),
  header: source("text", "header", "A header field of the last answer; repeated ones joined by a comma and a space.", {
    property: { isRequired: true, is: "header name" }
  }),
  body: source("text", "body", "The decoded body as text, as far as it was read."),
  json: source("json", "json", "What a JSONPath (RFC 9535) finds in the body.", {
    property: { isRequired: true, is: "JSONPath" }
  }),
  responseTimeMs: source(
    "number",
    "response time",
    "The whole run in milliseconds, from before DNS to the last byte.",
    {
      unit: " ms"
    }
  ),
  phaseMs: source("number", "phase", "One phase of the run in milliseconds; 0 if it did not happen.", {
    unit: " ms",
    property: { isRequired: true, is: "phase" }
  }),
  sizeBytes: source("number", "size", "The decoded body in bytes.", { unit: " bytes" }),
  certificateDaysLeft: source(
    "number",
    "certificate",
    "Whole days from now until the certificate of the target expires; negative once it has expired.",
    { unit: " days" }
  ),
  redirectTarget: source("text", "redirect target", "Where the last redirect led, or would have led."),
  protocol: source("text", "protocol", "The protocol that was spoken, like HTTP/1.1 or HTTP/2."),
  tlsVersion: source("text", "TLS version", "The version that the handshake agreed on, like TLSv1.3."),
  address: source("text", "address", "The address that was connected to."),
  dnsAnswers: source("list", "DNS answers", "The records of the answer, written as in a zone file.", {
    property: { isRequired: false, is: "record type" }
  }),
  dnsRcode: source("text", "DNS response code", "The response code by its IANA name, like NOERROR or NXDOMAIN."),
  banner: source("text", "banner", "The first text of a server that speaks first."),
  detail: source("json", "detail", "What a JSONPath (RFC 9535) finds in the check type's own facts.", {
    property: { isRequired: true, is: "JSONPath" }
  })
} as const satisfies Record<string, SourceInfo>

/** What an assertion looks at. */
export const AssertionSource = Schema.Literals(Object.keys(sources) as ReadonlyArray<keyof typeof sources>)
export type AssertionSource = typeof AssertionSource.Type

/** How the actual value is compared with the expected one or ones. */
export const Comparison = Schema.Literals([
  "equals",
  "notEquals",
  "greaterThan",
  "lessThan",
  "between",
  "contains",
  "notContains",
  "matches",
  "notMatches",
  "exists",
  "notExists",
  "empty",
  "notEmpty",
  "count",
  "hasType",
  "oneOf"
])
export type Comparison = typeof Comparison.Type

/** The comparisons that each kind of source takes. */
export const comparisonsOf: Record<SourceKind, ReadonlyArray<Comparison>> = {
  number: ["equals", "notEquals", "greaterThan", "lessThan", "between", "oneOf", "exists", "notExists"],
  text: Comparison.literals.filter((comparison) => comparison !== "hasType"),
  list: [
    "equals",
    "notEquals",
    "contains",
    "notContains",
    "matches",
    "notMatches",
    "exists",
    "notExists",
    "empty",
    "notEmpty",
    "count"
  ],
  json: Comparison.literals
}

/** The types of JSON values, for `hasType`. */
export const jsonTypes = ["string", "number", "boolean", "null", "array", "object"] as const
export type JsonType = (typeof jsonTypes)[number]

/** An assertion whose members may not go together. */
export interface AssertionData {
  readonly source: AssertionSource
  readonly property?: string
  readonly comparison: Comparison
  readonly expected?: Schema.Json
  readonly severity: "down" | "degraded"
}

/** What is wrong with an assertion: the path to the member, and a sentence that says what to do. */
export interface AssertionProblem {
  readonly path: ReadonlyArray<"source" | "property" | "comparison" | "expected">
  readonly issue: string
}
