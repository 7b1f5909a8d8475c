import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import ipaddr from "ipaddr.js"
import { mayStandFor, parseAddress, standsFor } from "./Address.ts"

const text = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  // Long runs of zeros, which `::` shortens.
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0x64, 0x2002), { minLength: 8, maxLength: 8 })
    .map((parts) => new ipaddr.IPv6(parts).toString()),
  fc.ipV4().map((ipv4) => `64:ff9b::${ipv4}`)
)

describe("Address", () => {
  it("is read as another library reads it", () => {
    fc.assert(
      fc.property(text, (address) => {
        // Which reads the compatible ::1.2.3.4 as the mapped ::ffff:1.2.3.4.
        fc.pre(!/^::\d+\./.test(address))
        const parsed = ipaddr.parse(address)
        const bytes = parsed.toByteArray()
        const parts = bytes.flatMap((byte, i) => (i % 2 === 0 ? [(byte << 8) | bytes[i + 1]!] : []))
        assert.deepStrictEqual([...parseAddress(address)!], parts, address)
      })
    )
  })

  it("in the compatible spelling has no more than its zeros before IPv4", () => {
    assert.deepStrictEqual(parseAddress("::1.2.3.4"), [0, 0, 0, 0, 0, 0, 0x0102, 0x0304])
    assert.deepStrictEqual(standsFor(parseAddress("::10.0.0.1")!), [[0x0a00, 1]])
  })

  it("is nothing that another spelling could be", () => {
    const noAddresses = [
      "",
      "1.2.3",
      "1.2.3.4.",
      "01.2.3.4",
      "0x1.2.3.4",
      "1.2.3.256",
      "::1%eth0",
      "[::1]",
      " ::1",
      "::g",
      "1::2::3"
    ]
    for (const wrong of noAddresses) assert.isUndefined(parseAddress(wrong), wrong)
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (wrong) => {
        assert.isTrue(parseAddress(wrong) === undefined || ipaddr.isValid(wrong), wrong)
      })
    )
  })

  it("stands for itself when it is of IPv4 or of no range that holds others", () => {
    for (const own of ["10.0.0.1", "::", "::1", "2606:2800::1", "64:ff9b:2::1"]) {
      assert.deepStrictEqual(standsFor(parseAddress(own)!), [], own)
      assert.deepStrictEqual(mayStandFor(parseAddress(own)!), [], own)
    }
  })
})
