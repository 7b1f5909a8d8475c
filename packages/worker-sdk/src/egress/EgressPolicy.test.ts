import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import ipaddr from "ipaddr.js"
import * as EgressPolicy from "./EgressPolicy.ts"

/** What the default policy says of an address: undefined, or words of its denial. */
const verdicts: ReadonlyArray<readonly [address: string, denial: string | undefined]> = [
  ["93.184.215.14", undefined],
  ["1.1.1.1", undefined],
  ["223.255.255.254", undefined],
  ["172.15.255.255", undefined],
  ["172.32.0.0", undefined],
  ["100.63.255.255", undefined],
  ["100.128.0.0", undefined],
  ["2606:4700:4700::1111", undefined],
  ["2a00:1450:4001:81b::200e", undefined],
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["10.255.255.255", "private"],
  ["100.64.0.1", "carrier"],
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["169.254.1.1", "link-local"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.0.0.8", "reserved"],
  ["192.0.2.1", "reserved"],
  ["192.88.99.1", "reserved"],
  ["192.168.1.1", "private"],
  ["198.19.255.255", "reserved"],
  ["198.51.100.7", "reserved"],
  ["203.0.113.7", "reserved"],
  ["224.0.0.1", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.255", "reserved"],
  ["169.254.169.254", "metadata"],
  ["168.63.129.16", "metadata"],
  ["100.100.100.200", "metadata"],
  ["fd00:ec2::254", "metadata"],
  ["::", "unspecified"],
  ["::1", "loopback"],
  ["fc00::1", "private"],
  ["fd12:3456::1", "private"],
  ["fe80::1", "link-local"],
  ["fec0::1", "reserved"],
  ["ff02::1", "multicast"],
  ["100::1", "reserved"],
  ["2001:db8::1", "reserved"],
  ["2001:10::1", "reserved"],
  ["3fff::1", "reserved"],
  ["4000::1", "reserved"],
  ["64:ff9b:1::1", "reserved"],
  ["::ffff:93.184.215.14", undefined],
  ["::ffff:127.0.0.1", "loopback"],
  ["::ffff:a9fe:a9fe", "metadata"],
  ["::7f00:1", "loopback"],
  ["::ffff:0:10.0.0.1", "private"],
  ["64:ff9b::a9fe:a9fe", "metadata"],
  ["64:ff9b::808:808", undefined],
  ["2002:7f00:1::", "loopback"],
  ["2002:808:808::1", undefined],
  // Teredo: the server in clear, the client (10.0.0.1) with its bits turned over.
  ["2001:0:808:808::f5ff:fffe", "private"],
  ["2001:0:a00:1::f7f7:f7f7", "private"],
  ["2001:0:808:808::f7f7:f7f7", undefined],
  ["fe80::1%eth0", "not an IP address"],
  ["127.1", "not an IP address"],
  ["0177.0.0.1", "not an IP address"],
  ["2130706433", "not an IP address"],
  ["example.com", "not an IP address"],
  ["", "not an IP address"]
]

const embeddings: ReadonlyArray<(ipv4: ReadonlyArray<number>) => ReadonlyArray<number>> = [
  (ipv4) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ipv4],
  (ipv4) => [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ...ipv4],
  (ipv4) => [0x20, 0x02, ...ipv4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
]

const judgeOf = (...options: Parameters<typeof EgressPolicy.make>) => {
  const judge = EgressPolicy.make(...options)
  return (address: string, port: number, host = address, purpose: EgressPolicy.Purpose = "http") =>
    judge.denial({ host, addresses: [address], port, purpose })
}

describe("EgressPolicy", () => {
  const byDefault = judgeOf()

  it.each(verdicts)("judges %s by default: %s", (address, denial) => {
    const answer = byDefault(address, 443)
    if (denial === undefined) assert.isUndefined(answer)
    else assert.include(answer, denial)
  })

  it("gives all spellings of an IPv4 address one verdict", () => {
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(10, 100, 127, 169, 172, 192, 198, 254))
    const policy = judgeOf({ allow: ["10.1.0.0/16", "127.0.0.0/8"] })
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), fc.constantFrom(22, 80, 443), (ipv4, port) => {
        const isDenied = policy(ipv4.join("."), port) !== undefined
        for (const embed of embeddings) {
          const wrapped = ipaddr.fromByteArray([...embed(ipv4)]).toString()
          assert.strictEqual(policy(wrapped, port) !== undefined, isDenied, `${wrapped}, port ${port}`)
        }
      })
    )
  })

  it("lets an operator open ranges, with all their ports, and nothing beside them", () => {
    const policy = judgeOf({ allow: ["10.1.0.0/16", "fd00::/8"] })
    assert.isUndefined(policy("10.1.2.3", 443))
    assert.isUndefined(policy("10.1.2.3", 22))
    assert.isUndefined(policy("::ffff:10.1.2.3", 443))
    assert.isUndefined(policy("fd00::1", 443))
    assert.include(policy("10.2.0.1", 443), "OPENSEER_EGRESS_ALLOW")
  })

  it("denies metadata services whatever is opened", () => {
    const policy = judgeOf({ allow: [...EgressPolicy.everything, "169.254.0.0/16"] })
    assert.isUndefined(policy("169.254.1.1", 80))
    for (const address of ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "168.63.129.16"]) {
      assert.include(policy(address, 80), "metadata", address)
    }
  })

  it("denies ports of other protocols", () => {
    for (const port of [0, 22, 25, 53, 587, 6667]) assert.include(byDefault("1.1.1.1", port), `port ${port}`)
    for (const port of [80, 443, 3000, 8080, 8443, 65_535]) assert.isUndefined(byDefault("1.1.1.1", port))
  })
})
