import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { stripVTControlCharacters } from "node:util"
import * as CheckReport from "./CheckReport.ts"

const now = DateTime.makeUnsafe("2026-01-01T00:00:00Z")

const report: CheckReport.CheckReportOptions = {
  title: "GET  https://example.com/",
  now,
  canColor: false,
  executed: {
    outcome: "up",
    errorBoundUs: 350,
    observation: {
      totalUs: 200_000,
      phases: { dnsUs: 20_000, connectUs: 40_000, tlsUs: 60_000, ttfbUs: 79_990, downloadUs: 10 },
      statusCode: 200,
      address: "192.0.2.1",
      protocol: "HTTP/1.1",
      sizeBytes: 1_048_600,
      truncated: true,
      redirects: 2,
      tls: {
        version: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        chain: [
          {
            subject: "example.com",
            names: ["example.com"],
            issuer: "An Authority",
            validFrom: DateTime.makeUnsafe("2025-10-01T00:00:00Z"),
            validTo: DateTime.makeUnsafe("2026-01-31T12:00:00Z"),
            keyType: "EC P-256",
            fingerprint256: "AA"
          }
        ]
      }
    }
  }
}

describe("CheckReport", () => {
  it("draws each phase where the one before ended, with its time and share", () => {
    assert.strictEqual(
      CheckReport.render(report),
      [
        "✔ up  200  GET  https://example.com/",
        "  192.0.2.1 · HTTP/1.1 · 1048600 bytes (stopped reading) · 2 redirects",
        "  TLSv1.3 · TLS_AES_128_GCM_SHA256",
        "  certificate of example.com · EC P-256 · 30 days left, until 2026-01-31 · issued by An Authority",
        "",
        "  dns       ████                                        20.00 ms  10 %",
        "  connect       ████████                                40.00 ms  20 %",
        "  tls                   ████████████                    60.00 ms  30 %",
        "  ttfb                              ████████████████    79.99 ms  40 %",
        "  download                                         █     0.01 ms   0 %",
        "  total                                                 200.0 ms  up to 0.35 ms of it may be this process"
      ].join("\n")
    )
  })

  it("gives every outcome an icon and a word, so that colours only add to them", () => {
    const outcomes = ["up", "degraded", "down", "error"] as const
    const firstLines = (canColor: boolean) =>
      outcomes.map((outcome) => CheckReport.render({ ...report, canColor, executed: { outcome, errorBoundUs: 0 } }))
    const plain = firstLines(false)
    assert.deepStrictEqual(
      plain.map((line) => line.slice(0, line.indexOf("  "))),
      ["✔ up", "▲ degraded", "✖ down", "? error"]
    )
    assert.deepStrictEqual(firstLines(true).map(stripVTControlCharacters), plain)
    assert.include(firstLines(true)[0], "\u001b[32m")
  })

  it("says when a certificate has expired", () => {
    const later = { ...report, now: DateTime.makeUnsafe("2026-02-01T00:00:00Z") }
    assert.include(CheckReport.render(later), "certificate of example.com · EC P-256 · expired")
  })
})
