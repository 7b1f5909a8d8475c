import { assert, it } from "@effect/vitest"
import { networkOf } from "./ClientNetwork.ts"

it("addresses are counted as one in a /64 of IPv6, and each for itself in IPv4, however they are written", () => {
  for (const [address, network] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.2", "192.0.2.2"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2:ffff::9", "2001:db8:1:2::/64"],
    ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
    ["fe80::1%eth0", "fe80::/64"],
    ["no address", "no address"]
  ] as const) {
    assert.strictEqual(networkOf(address), network, address)
  }
})
