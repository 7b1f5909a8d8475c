import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Token from "./Token.ts"

const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 }).filter((b) => b.filter((x) => x < 248).length >= 30)
const prefix = fc.constantFrom(...Token.tokenPrefixes)

describe("a token", () => {
  it("is well formed for its own prefix and for no other", () => {
    fc.assert(
      fc.property(prefix, bytes, (p, b) => {
        const token = Token.fromBytes(p, b)
        return Token.tokenPrefixes.every((other) => Token.isWellFormed(other, token) === (other === p))
      })
    )
  })

  it("is refused after any change of one character", () => {
    fc.assert(
      fc.property(prefix, bytes, fc.nat(35), fc.constantFrom(..."0aZ9"), (p, b, at, char) => {
        const token = Token.fromBytes(p, b)
        const index = p.length + 1 + at
        const changed = token.slice(0, index) + char + token.slice(index + 1)
        return changed === token || !Token.isWellFormed(p, changed)
      })
    )
  })

  it("shows four characters in lists", () => {
    assert.match(Token.displayed(Token.fromBytes("ostk", new Uint8Array(40).fill(61))), /^ostk_z{4}…$/)
  })

  it("is not made of too few random bytes", () => {
    assert.throws(() => Token.fromBytes("osk", new Uint8Array(40).fill(255)), RangeError)
  })
})
