import { assert, describe, it } from "vitest"
import { nextPath } from "~/server/NextPath.ts"

describe("NextPath", () => {
  it("keeps a path of this site with its search", () => {
    for (const path of [
      "/",
      "/monitors/mon_1",
      "/monitors?state=down&q=a%20b",
      "/workers?x=https%3A%2F%2Fevil.example"
    ]) {
      assert.strictEqual(nextPath(path), path)
    }
  })

  it("leads to the start page instead of another origin, whatever way it is written", () => {
    const hostile = [
      "https://evil.example/",
      "//evil.example/",
      "///evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "/\t/evil.example",
      "/\n/evil.example",
      " //evil.example",
      "/%0d%0aLocation:x\r\nx: y",
      "/.//evil.example",
      "/..//evil.example",
      "/%2e//evil.example",
      "javascript:alert(1)",
      "data:text/html,x",
      "evil.example",
      "@evil.example",
      "/a\u0000b",
      "/monitors/\u2028",
      ""
    ]
    for (const path of hostile) assert.strictEqual(nextPath(path), "/", JSON.stringify(path))
    assert.strictEqual(nextPath(undefined), "/")
  })

  it("never leads in a circle, or to what is no page", () => {
    for (const path of [
      "/sign-in",
      "/sign-in?next=/x",
      "/second-factor",
      "/setup/abc",
      "/setup-needed",
      "/api/v1/account"
    ]) {
      assert.strictEqual(nextPath(path), "/")
    }
    assert.strictEqual(nextPath("/setups"), "/setups")
  })
})
