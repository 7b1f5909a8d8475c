import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import ipaddr from "ipaddr.js"
import type { NetworkInterfaceInfo } from "node:os"
import * as EgressPolicy from "./EgressPolicy.ts"
import { OwnAddresses } from "./OwnAddresses.ts"

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
    const judge = judgeOf({ allow: ["10.1.0.0/16", "127.0.0.0/8"] })
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), fc.constantFrom(22, 80, 443), (ipv4, port) => {
        const isDenied = judge(ipv4.join("."), port) !== undefined
        for (const embed of embeddings) {
          const wrapped = ipaddr.fromByteArray([...embed(ipv4)]).toString()
          assert.strictEqual(judge(wrapped, port) !== undefined, isDenied, `${wrapped}, port ${port}`)
        }
      })
    )
  })

  it("gives all spellings of an IPv4 address in a URL one verdict", () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), ([a, b, c, d]) => {
        const plain = `${a}.${b}.${c}.${d}`
        const number = ((a * 256 + b) * 256 + c) * 256 + d
        const octal = [a, b, c, d].map((part) => `0${part.toString(8)}`).join(".")
        for (const host of [
          `${number}`,
          `0x${number.toString(16)}`,
          octal,
          `${a}.${b * 65_536 + c * 256 + d}`,
          `${plain}.`
        ]) {
          const { hostname } = new URL(`http://${host}/`)
          assert.strictEqual(byDefault(hostname, 80), byDefault(plain, 80), host)
        }
      })
    )
  })

  it("lets an operator open ranges, with all their ports, and nothing beside them", () => {
    const judge = judgeOf({ allow: ["10.1.0.0/16", "fd00::/8"] })
    assert.isUndefined(judge("10.1.2.3", 443))
    assert.isUndefined(judge("10.1.2.3", 22))
    assert.isUndefined(judge("::ffff:10.1.2.3", 443))
    assert.isUndefined(judge("fd00::1", 443))
    assert.include(judge("10.2.0.1", 443), "OPENSEER_EGRESS_ALLOW")
  })

  it("lets an operator open and close single ports", () => {
    const judge = judgeOf({ allow: ["10.1.0.0/16:443", "*:25"], deny: ["10.1.9.0/24:443", "192.0.2.1"] })
    assert.isUndefined(judge("10.1.2.3", 443))
    assert.include(judge("10.1.2.3", 80), "private")
    assert.include(judge("10.1.9.3", 443), "OPENSEER_EGRESS_DENY")
    assert.isUndefined(judge("1.1.1.1", 25))
    assert.isUndefined(judge("10.1.9.3", 25))
    assert.include(judge("192.0.2.1", 25), "OPENSEER_EGRESS_DENY")
  })

  it("opens whatever an allowed name resolves to, but never metadata, and no other name", () => {
    const judge = judgeOf({ allow: ["db.internal:5432", "*.corp.example"] })
    assert.isUndefined(judge("10.9.9.9", 5432, "DB.internal."))
    assert.include(judge("10.9.9.9", 5433, "db.internal"), "private")
    assert.isUndefined(judge("127.0.0.1", 80, "a.b.corp.example"))
    assert.include(judge("127.0.0.1", 80, "corp.example"), "loopback")
    assert.include(judge("127.0.0.1", 80, "evilcorp.example"), "loopback")
    assert.include(judge("127.0.0.1", 80, "corp.example.evil.test"), "loopback")
    assert.include(judge("169.254.169.254", 80, "a.corp.example"), "metadata")
  })

  it("sets rules that deny above those that allow, by name, by address and for what an address stands for", () => {
    const judge = judgeOf({ allow: ["*"], deny: ["10.0.0.0/8", "*.evil.test", "1.1.1.1"] })
    assert.isUndefined(judge("192.168.0.1", 22))
    for (const address of ["10.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::"]) {
      assert.include(judge(address, 443), "OPENSEER_EGRESS_DENY", address)
    }
    assert.include(judge("93.184.215.14", 443, "a.evil.test"), "OPENSEER_EGRESS_DENY")
    assert.isUndefined(judge("93.184.215.14", 443, "evil.test"))
    assert.include(judge("1.1.1.1", 443, "one.test"), "OPENSEER_EGRESS_DENY")
  })

  it("denies metadata services whatever is opened, by address and by name", () => {
    const judge = judgeOf({ allow: [...EgressPolicy.everything, "169.254.0.0/16", "metadata.google.internal"] })
    assert.isUndefined(judge("169.254.1.1", 80))
    const addresses = [
      "169.254.169.254",
      "::ffff:169.254.169.254",
      "fd00:ec2::254",
      "168.63.129.16",
      // NAT64 with a prefix of 96, 64, 56 and 48 bits; ISATAP.
      "64:ff9b:1::a9fe:a9fe",
      "64:ff9b:1:0:a9:fea9:fe00:0",
      "64:ff9b:1:a9:fe:a9fe::",
      "64:ff9b:1:a9fe:a9:fe00::",
      "2001:4860::5efe:a9fe:a9fe"
    ]
    for (const address of addresses) assert.include(judge(address, 80), "metadata", address)
    for (const host of ["metadata.google.internal", "Metadata.Google.Internal.", "instance-data", "metadata"]) {
      assert.include(judge("93.184.215.14", 80, host), "metadata", host)
    }
  })

  it("denies ports of other protocols to HTTP, and ports that do not exist to all", () => {
    for (const port of [22, 25, 53, 587, 6667]) {
      assert.include(byDefault("1.1.1.1", port), `port ${port}`)
      assert.isUndefined(byDefault("1.1.1.1", port, "one.test", "tcp"))
    }
    for (const port of [80, 443, 3000, 8080, 8443, 65_535]) assert.isUndefined(byDefault("1.1.1.1", port))
    for (const port of [0, 65_536, -1, 1.5, Number.NaN]) {
      assert.include(byDefault("1.1.1.1", port, "one.test", "tcp"), "no port")
      assert.include(judgeOf({ allow: ["*"] })("1.1.1.1", port), "no port")
    }
  })

  it("denies the addresses of its own machine, unless the operator opens them", () => {
    const addresses = ["93.184.215.14", "2606:2800::1", "10.0.0.5"]
    const own = () =>
      new OwnAddresses(() => ({ eth0: addresses.map((address) => ({ address }) as NetworkInterfaceInfo) }))
    const closed = judgeOf({}, own())
    assert.include(closed("93.184.215.14", 443), "own machine")
    assert.include(closed("2606:2800:0:0::1", 443), "own machine")
    assert.include(closed("::ffff:93.184.215.14", 443), "own machine")
    assert.isUndefined(closed("93.184.215.15", 443))
    const opened = judgeOf({ allow: ["self:443"] }, own())
    assert.isUndefined(opened("93.184.215.14", 443))
    assert.isUndefined(opened("10.0.0.5", 443))
    assert.include(opened("10.0.0.6", 443), "private")
    assert.include(opened("93.184.215.14", 80), "own machine")
    assert.isUndefined(judgeOf({ allow: EgressPolicy.everything }, own())("93.184.215.14", 80))
  })

  it("judges every answer of a name, a thousand of them as well", () => {
    const addresses = Array.from({ length: 1_000 }, (_, i) => `93.184.${i >> 8}.${i & 0xff}`)
    const judge = (...more: ReadonlyArray<string>) =>
      EgressPolicy.make().denial({
        host: "many.test",
        addresses: ["1.1.1.1", ...addresses, ...more],
        port: 443,
        purpose: "tcp"
      })
    assert.isUndefined(judge())
    assert.include(judge("10.0.0.1"), "10.0.0.1 is a private address")
  })

  it("refuses a rule that can't be read", () => {
    assert.throws(() => EgressPolicy.make({ deny: ["10.0.0.0/33"] }), /"10.0.0.0\/33" is not a rule of egress: /)
  })
})
