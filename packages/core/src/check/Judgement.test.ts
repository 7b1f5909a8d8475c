import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import fc from "fast-check"
import type { Assertion } from "./Assertion.ts"
import { CheckError, TargetFailed } from "./CheckFailure.ts"
import * as CompiledAssertion from "./CompiledAssertion.ts"
import * as Judgement from "./Judgement.ts"
import { excerptLengthMax, noPhases, type Observed } from "./Observation.ts"
import * as Secret from "./Secret.ts"

const plain = { now: Date.UTC(2026, 0, 15), redact: (text: string) => text }

const observed = (more: Partial<Observed> = {}): Observed => ({
  totalUs: 20_000,
  phases: noPhases,
  statusCode: 200,
  ...more
})

const judge = (
  assertions: ReadonlyArray<Omit<Assertion, "severity"> & { readonly severity?: Assertion["severity"] }>,
  seen: Observed,
  options = plain
) => {
  const compiled = assertions.map((assertion) => {
    const one = CompiledAssertion.compile({ severity: "down", ...assertion })
    if (CompiledAssertion.isProblem(one)) throw new Error(one.issue)
    return one
  })
  return Judgement.ofObservation(compiled, seen, options)
}

describe("a judgement", () => {
  it("is up when every assertion holds, and keeps nothing of the content", () => {
    const content = { body: "fine", headers: {}, banner: "hi" }
    const judged = judge([{ source: "body", comparison: "contains", expected: "fine" }], observed({ content }))
    assert.deepStrictEqual(judged, { outcome: "up", observation: observed() })
  })

  it("takes the worst severity among what does not hold, and names all of it for people", () => {
    const judged = judge(
      [
        { source: "responseTimeMs", comparison: "lessThan", expected: 10, severity: "degraded" },
        { source: "status", comparison: "between", expected: [200, 399] },
        { source: "header", property: "content-type", comparison: "contains", expected: "json" },
        { source: "body", comparison: "exists" }
      ],
      observed({ statusCode: 503, content: { headers: { "content-type": "text/html" }, body: "no" } })
    )
    assert.strictEqual(judged.outcome, "down")
    assert.strictEqual(judged.reason, "status")
    assert.strictEqual(
      judged.message,
      "response time is 20 ms, expected less than 10 ms; status is 503, expected 200 to 399; " +
        'header content-type is "text/html", expected to contain "json"'
    )
    assert.deepStrictEqual(judged.failedAssertions, [
      {
        index: 0,
        source: "responseTimeMs",
        comparison: "lessThan",
        severity: "degraded",
        expected: "10",
        actual: "20"
      },
      {
        index: 1,
        source: "status",
        comparison: "between",
        severity: "down",
        expected: "200 to 399",
        actual: "503"
      },
      {
        index: 2,
        source: "header",
        property: "content-type",
        comparison: "contains",
        severity: "down",
        expected: '"json"',
        actual: '"text/html"'
      }
    ])
    assert.strictEqual(judged.observation?.excerpt, "no")
    assert.notProperty(judged.observation, "content")
  })

  it("has a sentence for each kind of comparison", () => {
    const certificate = {
      subject: "shop.example",
      names: [],
      issuer: "CA",
      validFrom: DateTime.makeUnsafe(0),
      validTo: DateTime.makeUnsafe(Date.UTC(2026, 0, 18, 12)),
      keyType: "EC P-256",
      fingerprint256: ""
    }
    const seen = observed({
      tls: { version: "TLSv1.2", cipher: "x", chain: [certificate] },
      content: { body: '{"items":[1,2],"state":"bad"}', banner: "SSH-2.0" }
    })
    const sentences: ReadonlyArray<[Omit<Assertion, "severity">, string]> = [
      [
        { source: "certificateDaysLeft", comparison: "greaterThan", expected: 14 },
        "certificate has 3 days left, expected more than 14 days"
      ],
      [
        { source: "tlsVersion", comparison: "equals", expected: "TLSv1.3" },
        'TLS version is "TLSv1.2", expected "TLSv1.3"'
      ],
      [
        { source: "json", property: "$.items", comparison: "count", expected: [3, 5] },
        "the count of json $.items is 2, expected 3 to 5"
      ],
      [
        { source: "json", property: "$.state", comparison: "oneOf", expected: ["good", "fair"] },
        'json $.state is "bad", expected one of "good", "fair"'
      ],
      [{ source: "json", property: "$.gone", comparison: "exists" }, "json $.gone is missing, expected to be there"],
      [
        { source: "json", property: "$.items", comparison: "hasType", expected: "object" },
        "json $.items is [1,2], expected to be of type object"
      ],
      [
        { source: "banner", comparison: "notMatches", expected: "^SSH" },
        'banner is "SSH-2.0", expected not to match "^SSH"'
      ],
      [{ source: "status", comparison: "notEquals", expected: 200 }, "status is 200, expected anything but 200"],
      [{ source: "protocol", comparison: "empty" }, "protocol is missing, expected to be empty"],
      [
        { source: "body", comparison: "empty" },
        'body is "{\\"items\\":[1,2],\\"state\\":\\"bad\\"}", expected to be empty'
      ]
    ]
    for (const [assertion, sentence] of sentences) assert.strictEqual(judge([assertion], seen).message, sentence)
    assert.strictEqual(
      judge([{ source: "json", property: "$", comparison: "notExists" }], observed({ content: { body: "<html>" } }))
        .message,
      "json $ is unknown (the body can't be read: it is not JSON), expected not to be there"
    )
  })

  it("shows control characters, reordering marks and halves of characters escaped", () => {
    const body = "a\u001b[31m\u202eb\ud800\u0000\r\n\u2028"
    const judged = judge([{ source: "body", comparison: "empty" }], observed({ content: { body } }))
    const shown = String.raw`"a\u001b[31m\u202eb\ud800\u0000\r\n\u2028"`
    assert.strictEqual(judged.failedAssertions?.[0]?.actual, shown)
    assert.include(judged.message, shown)
  })

  it("takes secrets out of message, evidence and excerpt before it cuts them", () => {
    const secret = "hunter2-hunter2-hunter2"
    const redact = Secret.redactor([secret])
    const body = `${"x".repeat(190)}${secret} ${"y".repeat(1_830)}${secret}`
    const judged = judge(
      [{ source: "body", comparison: "contains", expected: "ok" }],
      observed({ content: { body } }),
      {
        ...plain,
        redact
      }
    )
    const told = JSON.stringify(judged)
    for (let length = 6; length <= secret.length; length++) assert.notInclude(told, secret.slice(0, length))
    assert.isAtMost(judged.observation!.excerpt!.length, excerptLengthMax)
    assert.include(judged.observation!.excerpt, "***")
  })

  it("keeps of a failure that came with content its beginning, and no more", () => {
    const observation = observed({ content: { body: "é".repeat(5_000) } })
    const failed = new TargetFailed({ reason: "body_incomplete", message: "cut off", observation })
    const { observation: kept } = Judgement.ofFailure(failed)
    assert.notProperty(kept, "content")
    assert.strictEqual(kept?.excerpt, "é".repeat(excerptLengthMax))
  })

  it("says down of the target's failures and error of ours, which never paint a target red", () => {
    assert.strictEqual(
      Judgement.ofFailure(new TargetFailed({ reason: "connection_refused", message: "refused" })).outcome,
      "down"
    )
    assert.strictEqual(
      Judgement.ofFailure(new CheckError({ reason: "worker_overloaded", message: "busy" })).outcome,
      "error"
    )
  })

  it("cuts messages to size at whole characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 2_000 }), (message) => {
        const cut = Judgement.ofFailure(new TargetFailed({ reason: "status", message })).message!
        return cut.length <= Judgement.messageLengthMax && cut.isWellFormed()
      })
    )
  })
})
