import { assert, describe, it } from "vitest"
import { durationMs, durationWords } from "./DurationText.ts"
import { type JsonSchema, shapeOf } from "./Shape.ts"
import { readValue, type UnreadableField } from "./SpecValues.ts"

const schema: JsonSchema = {
  $ref: "#/$defs/Spec",
  $defs: {
    Secret: { type: "object", properties: { secret: { type: "string" } }, required: ["secret"] },
    Spec: {
      type: "object",
      required: ["url"],
      properties: {
        url: { type: "string", maxLength: 2048, description: "Where" },
        method: { type: "string", enum: ["GET", "POST"] },
        headers: { type: "object", additionalProperties: { anyOf: [{ type: "string" }, { $ref: "#/$defs/Secret" }] } },
        auth: {
          anyOf: [
            {
              type: "object",
              required: ["basic"],
              properties: {
                basic: {
                  type: "object",
                  properties: { username: { type: "string" }, password: { $ref: "#/$defs/Secret" } }
                }
              }
            },
            { type: "object", required: ["bearer"], properties: { bearer: { $ref: "#/$defs/Secret" } } }
          ]
        },
        phaseTimeoutsMs: { type: "object", properties: { dns: { type: "integer", minimum: 1 } } },
        steps: {
          type: "array",
          maxItems: 3,
          items: {
            anyOf: [
              { type: "object", required: ["expect"], properties: { expect: { type: "string" } } },
              { type: "object", required: ["send"], properties: { send: { type: "string" } } }
            ]
          }
        },
        extra: {}
      }
    }
  }
}

const read = (texts: Readonly<Record<string, string>>) => {
  const problems: Array<UnreadableField> = []
  const value = readValue(
    shapeOf(schema),
    "spec",
    { raw: (name) => texts[name] ?? "", isOn: (name) => name in texts },
    problems
  )
  return { value, problems }
}

describe("the form of a spec", () => {
  it("leaves out what is empty, so that the check type's defaults hold", () => {
    assert.deepStrictEqual(read({ "spec.url": "https://a.example/", "spec.method": "" }).value, {
      url: "https://a.example/"
    })
  })

  it("reads records, secrets, unions, lists and durations by their paths", () => {
    const { value } = read({
      "spec.url": "https://a.example/",
      "spec.headers.0.row": "1",
      "spec.headers.0.name": "accept",
      "spec.headers.0.value": "text/html",
      "spec.headers.1.row": "1",
      "spec.headers.1.name": "x-key",
      "spec.headers.1.value": "s3cret",
      "spec.headers.1.value.hidden": "on",
      "spec.headers.2.row": "1",
      "spec.headers.2.name": "",
      "spec.auth.is": "basic",
      "spec.auth.basic.username": "u",
      "spec.auth.basic.password.kept": "on",
      "spec.auth.bearer": "not chosen",
      "spec.phaseTimeoutsMs.dns": "2 s",
      "spec.steps.0.row": "1",
      "spec.steps.0.is": "expect",
      "spec.steps.0.expect": "^220",
      "spec.steps.1.row": "1",
      "spec.steps.1.is": ""
    })
    assert.deepStrictEqual(value, {
      url: "https://a.example/",
      headers: { accept: "text/html", "x-key": { secret: "s3cret" } },
      auth: { basic: { username: "u", password: { secret: "***" } } },
      phaseTimeoutsMs: { dns: 2_000 },
      steps: [{ expect: "^220" }]
    })
  })

  it("says which field is not JSON", () => {
    assert.deepStrictEqual(read({ "spec.extra": "{" }).problems, [{ path: "spec.extra", message: "must be JSON" }])
  })
})

describe("a duration", () => {
  it("is read as it is written", () => {
    for (const ms of [1, 1_500, 30_000, 90_000, 300_000, 5_400_000, 86_400_000]) {
      assert.strictEqual(durationMs(durationWords(ms)), ms)
    }
    assert.strictEqual(durationMs("1.5 h"), 5_400_000)
    assert.strictEqual(durationMs("5m"), 300_000)
    assert.strictEqual(durationMs("30"), 30_000)
    assert.strictEqual(durationMs("soon"), undefined)
  })
})
