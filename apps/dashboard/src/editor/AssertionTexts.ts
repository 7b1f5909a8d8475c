/**
 * Assertions as the fields of a form, and back: `assertions.0.source` and so on.
 */
import type { Assertion } from "@openseer/core"
import type { AssertionSourceInfo } from "@openseer/core/contract/CheckTypesApi"
import { type FormTexts, rowField } from "~/editor/SpecValues.ts"

/** The most assertions of a monitor. */
export const assertionsMax = 20

const takesNothing: ReadonlySet<Assertion.Comparison> = new Set(["exists", "notExists", "empty", "notEmpty"])

/** Whether a comparison compares with anything. */
export const takesExpected = (comparison: Assertion.Comparison): boolean => !takesNothing.has(comparison)

/** What to write for the expected value. */
export const expectedHint = (comparison: Assertion.Comparison, kind: AssertionSourceInfo["kind"]): string => {
  if (comparison === "matches" || comparison === "notMatches") return "a pattern (RE2)"
  if (comparison === "between") return "10, 20"
  if (comparison === "count") return "3, or 1, 5"
  if (comparison === "oneOf") return kind === "number" ? "200, 204" : "red, green"
  if (comparison === "hasType") return "string, number, boolean, null, array or object"
  return { number: "200", text: "text", list: "a value", json: '42, true or "text"' }[kind]
}

const numberOr = (text: string): number | string => (text === "" || Number.isNaN(Number(text)) ? text : Number(text))

const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const parts = (text: string): ReadonlyArray<string> => text.split(",").map((part) => part.trim())

/** The expected value that a text stands for. What does not fit stays text, for the API to refuse by name. */
export const readExpected = (
  comparison: Assertion.Comparison,
  kind: AssertionSourceInfo["kind"],
  text: string
): unknown => {
  if (!takesExpected(comparison)) return undefined
  const single = kind === "number" ? numberOr : kind === "json" ? jsonOr : (part: string) => part
  switch (comparison) {
    case "between":
      return parts(text).map(numberOr)
    case "count":
      return text.includes(",") ? parts(text).map(numberOr) : numberOr(text.trim())
    case "oneOf":
      return parts(text).map(single)
    case "hasType":
      return text.trim()
    case "equals":
    case "notEquals":
      return kind === "list" ? parts(text) : single(kind === "text" ? text : text.trim())
    case "greaterThan":
    case "lessThan":
      return numberOr(text.trim())
    default:
      return text
  }
}

/** The text of an expected value. */
export const expectedText = (expected: unknown, kind: AssertionSourceInfo["kind"]): string => {
  if (expected === undefined) return ""
  if (Array.isArray(expected)) return expected.map((one) => expectedText(one, kind)).join(", ")
  if (typeof expected === "string") {
    // A text that reads like another JSON value is in quotes, else it would come back as that.
    return kind === "json" && typeof jsonOr(expected) !== "string" ? JSON.stringify(expected) : expected
  }
  return JSON.stringify(expected)
}

/** The assertions of a form, in their order. */
export const readAssertions = (
  form: FormTexts,
  infos: ReadonlyArray<AssertionSourceInfo>
): ReadonlyArray<Assertion.Assertion> =>
  Array.from({ length: assertionsMax + 1 }, (_, index) => `assertions.${index}`)
    .filter((row) => form.isOn(rowField(row)) && form.raw(`${row}.source`) !== "")
    .map((row) => {
      const source = form.raw(`${row}.source`) as Assertion.AssertionSource
      const comparison = form.raw(`${row}.comparison`) as Assertion.Comparison
      const info = infos.find((one) => one.source === source)
      const property = form.raw(`${row}.property`).trim()
      const expected = readExpected(comparison, info?.kind ?? "text", form.raw(`${row}.expected`))
      const severity = form.raw(`${row}.severity`) || "down"
      const isOf = info?.property !== undefined && property !== ""
      // What is undefined is not in the JSON.
      return {
        source,
        property: isOf ? property : undefined,
        comparison,
        expected,
        severity
      } as Assertion.Assertion
    })
