import { expect, it } from "vitest"
import { expiresInMs, expiryChoices } from "./Expiry.ts"

it("offers lives in words, and never as no life at all", () => {
  expect(expiryChoices("7d", "365d", "never").map(({ label }) => label)).toEqual([
    "7 days",
    "1 year",
    "Until it is revoked"
  ])
  expect(expiresInMs("7d")).toBe(604_800_000)
  expect(expiresInMs("never")).toBeUndefined()
})

it("leaves a value that was never offered to the API, and does not make it a key that never expires", () => {
  expect(expiresInMs("constructor")).toBe("constructor")
  expect(expiresInMs("")).toBe("")
})
