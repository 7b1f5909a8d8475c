import { expect, it } from "vitest"
import { assertionWords } from "./AssertionWords.ts"
import { daysLeft, ofReport, ofResult } from "./Evidence.ts"
import { reasonWords } from "./ReasonWords.ts"

const phases = { dnsUs: 0, connectUs: 2_000, tlsUs: 0, ttfbUs: 30_000, downloadUs: 500 }

it("keeps a stored result without detail apart from one with it", () => {
  const result = {
    runId: "mon_1:local:1",
    region: "local",
    dueAt: "2026-01-31T09:30:00.000Z",
    outcome: "up",
    totalUs: 32_500,
    phases,
    sizeBytes: 15,
    latenessUs: 100,
    errorBoundUs: 200
  } as const
  expect(ofResult(result)).toEqual({ outcome: "up", totalUs: 32_500, phases, sizeBytes: 15 })
  expect(ofResult({ ...result, outcome: "error", totalUs: 0 }).phases).toBeUndefined()
  expect(ofResult({ ...result, outcome: "down", detail: { address: "127.0.0.1" } }).detail?.address).toBe("127.0.0.1")
})

it("takes the measurements of a report out of its observation", () => {
  const evidence = ofReport({
    outcome: "up",
    observation: { totalUs: 32_500, phases, statusCode: 200, address: "127.0.0.1" }
  })
  expect(evidence).toEqual({
    outcome: "up",
    totalUs: 32_500,
    phases,
    statusCode: 200,
    detail: { address: "127.0.0.1" }
  })
  expect(ofReport({ outcome: "down", reason: "timeout" })).toEqual({ outcome: "down", reason: "timeout" })
})

it("says assertions and reasons in words", () => {
  expect(
    assertionWords({ source: "responseTimeMs", comparison: "lessThan", expected: 250, severity: "degraded" })
  ).toBe("Response time is below 250 ms")
  expect(assertionWords({ source: "status", comparison: "oneOf", expected: [200, 204], severity: "down" })).toBe(
    "Status code is one of 200, 204"
  )
  expect(assertionWords({ source: "status", comparison: "between", expected: [200, 299], severity: "down" })).toBe(
    "Status code is between 200 and 299"
  )
  expect(assertionWords({ source: "header", property: "etag", comparison: "exists", severity: "down" })).toBe(
    "Header etag exists"
  )
  expect([reasonWords("connection_refused"), reasonWords("of_tomorrow")]).toEqual(["Connection refused", "of tomorrow"])
})

it("counts the whole days that a certificate has left", () => {
  const certificate = { validTo: "2026-02-02T00:00:00Z" } as Parameters<typeof daysLeft>[0]
  expect(daysLeft(certificate, Date.parse("2026-01-31T12:00:00Z"))).toBe(1)
  expect(daysLeft(certificate, Date.parse("2026-02-02T00:00:01Z"))).toBe(-1)
})
