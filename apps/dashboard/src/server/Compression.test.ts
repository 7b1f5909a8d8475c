import { assert, describe, it } from "vitest"
import { acceptsGzip } from "~/server/Compression.ts"

describe("Compression", () => {
  it.each([
    ["gzip, deflate, br, zstd", true],
    ["GZIP", true],
    ["br, gzip;q=0.5", true],
    ["*", true],
    ["*;q=0, gzip", true],
    ["gzip;q=0", false],
    ["gzip; q=0.000, *", false],
    ["br, identity", false],
    ["x-gzipped", false],
    ["", false]
  ])("is asked for by %j: %s", (accepted, expected) => {
    assert.strictEqual(acceptsGzip(accepted), expected)
  })
})
