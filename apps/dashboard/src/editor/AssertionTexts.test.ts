import { assert, describe, it } from "vitest"
import { expectedText, readAssertions, readExpected } from "./AssertionTexts.ts"

describe("the expected value of an assertion", () => {
  it("comes back as it was, whatever its type", () => {
    for (const [comparison, kind, expected] of [
      ["equals", "number", 200],
      ["between", "number", [200, 299]],
      ["oneOf", "number", [200, 204]],
      ["oneOf", "text", ["red", "green"]],
      ["equals", "text", "200"],
      ["equals", "json", true],
      ["equals", "json", "true"],
      ["equals", "json", { a: [1] }],
      ["equals", "json", null],
      ["count", "list", [1, 5]],
      ["count", "json", 3],
      ["hasType", "json", "array"],
      ["matches", "text", "^a, b$"],
      ["equals", "list", ["192.0.2.1", "192.0.2.2"]]
    ] as const) {
      assert.deepStrictEqual(
        readExpected(comparison, kind, expectedText(expected, kind)),
        expected,
        `${comparison} ${kind}`
      )
    }
  })

  it("stays text where it is no number, so that the API can say so", () => {
    assert.strictEqual(readExpected("greaterThan", "number", "many"), "many")
  })
})

describe("the assertions of a form", () => {
  it("leave out empty rows, and a property that the source does not take", () => {
    const texts: Record<string, string> = {
      "assertions.0.row": "1",
      "assertions.0.source": "status",
      "assertions.0.property": "left over",
      "assertions.0.comparison": "equals",
      "assertions.0.expected": "200",
      "assertions.0.severity": "degraded",
      "assertions.1.row": "1",
      "assertions.1.source": ""
    }
    const infos = [
      { source: "status", kind: "number", label: "status", unit: "", description: "", comparisons: ["equals"] }
    ] as const
    const read = readAssertions({ raw: (name) => texts[name] ?? "", isOn: (name) => name in texts }, infos)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(read)), [
      { source: "status", comparison: "equals", expected: 200, severity: "degraded" }
    ])
  })
})
