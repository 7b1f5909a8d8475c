import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Lockfile.ts"
import { make } from "./Project.ts"

const lines = (resolved: string) =>
  rule(make({ "package-lock.json": `{\n  "resolved": "${resolved}"\n}` })).map(({ line }) => line)

describe("Lockfile", () => {
  it("refuses a registry host", () => {
    assert.deepStrictEqual(lines("https://registry.example.com/effect/-/effect-4.1.0.tgz"), [2])
  })

  it("accepts a link to a workspace", () => {
    assert.deepStrictEqual(lines("packages/core"), [])
  })
})
