import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Lockfile.ts"
import { make } from "./Project.ts"

const found = (packages: object) =>
  rule(make({ "package-lock.json": JSON.stringify({ packages }, null, 2) })).map(
    ({ line, message }) => `${line} ${message}`
  )

describe("Lockfile", () => {
  it("refuses a registry host", () => {
    const packages = { "node_modules/effect": { resolved: "https://registry.example.com/effect-4.1.0.tgz" } }
    assert.deepStrictEqual(found(packages), ["4 names a registry host: run npm with --omit-lockfile-registry-resolved"])
  })

  it("accepts a link to a workspace", () => {
    assert.deepStrictEqual(found({ "node_modules/@openseer/core": { resolved: "packages/core", link: true } }), [])
  })

  it("refuses a lockfile without the packages of other platforms", () => {
    const packages = {
      "node_modules/lint": { optionalDependencies: { "lint-linux-x64": "1.0.0", "lint-darwin-x64": "1.0.0" } }
    }
    assert.deepStrictEqual(found({ ...packages, "node_modules/lint-linux-x64": { version: "1.0.0" } }), [
      "1 lacks lint-darwin-x64: run npm run lock"
    ])
  })

  it("finds them where Node would", () => {
    const optionalDependencies = { "lint-linux-x64": "1.0.0" }
    const inside = { "node_modules/a/node_modules/lint": { optionalDependencies } }
    assert.deepStrictEqual(found({ ...inside, "node_modules/a/node_modules/lint-linux-x64": {} }), [])
    assert.deepStrictEqual(found({ ...inside, "node_modules/lint-linux-x64": {} }), [])
    assert.lengthOf(found({ ...inside, "node_modules/b/node_modules/lint-linux-x64": {} }), 1)
    assert.deepStrictEqual(found({ "packages/a": { optionalDependencies }, "node_modules/lint-linux-x64": {} }), [])
  })
})
