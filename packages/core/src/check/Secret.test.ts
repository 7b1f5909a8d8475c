import { assert, describe, it } from "@effect/vitest"
import * as Secret from "./Secret.ts"

describe("Secret", () => {
  it("is taken out of a text in every spelling in which a check sends it", () => {
    const secret = "pä ss!(1)"
    const redact = Secret.redactor([secret])
    for (const spelling of [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ key: secret }).toString().slice("key=".length),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64")
    ]) {
      assert.strictEqual(redact(`before-${spelling}-after`), "before-***-after")
    }
  })

  it("of less than four characters is taken out as a word, and leaves others readable", () => {
    const redact = Secret.redactor(["a", "b2", "."])
    assert.strictEqual(redact("the answer had no body"), "the answer had no body")
    assert.strictEqual(redact("key=a&pin=b2 of ab2 and example.com"), "key=***&pin=*** of ab2 and example.com")
    assert.strictEqual(redact(`{"a":"b2"} YQ==`), `{"***":"***"} ***`)
  })

  it("is taken out whole where another one is a part of it", () => {
    assert.strictEqual(Secret.redactor(["hunter", "hunter2"])("hunter2 hunter"), "*** ***")
  })
})
