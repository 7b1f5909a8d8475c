import { assert, describe, it } from "@effect/vitest"
import { readLine } from "./PingOutput.ts"

const lines: ReadonlyArray<readonly [of: string, line: string, read: ReturnType<typeof readLine>]> = [
  ["iputils", "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.030 ms", { reply: 1, rttUs: 30 }],
  ["iputils, IPv6", "64 bytes from ::1: icmp_seq=2 ttl=64 time=0.041 ms", { reply: 2, rttUs: 41 }],
  ["iputils", "64 bytes from 192.0.2.1: icmp_seq=3 ttl=55 time=128 ms", { reply: 3, rttUs: 128_000 }],
  ["BusyBox", "64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.043 ms", { reply: 0, rttUs: 43 }],
  ["macOS", "64 bytes from 127.0.0.1: icmp_seq=0 ttl=64 time=0.046 ms", { reply: 0, rttUs: 46 }],
  ["macOS, IPv6", "16 bytes from ::1, icmp_seq=0 hlim=64 time=0.077 ms", { reply: 0, rttUs: 77 }],
  ["some", "64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time<1 ms", { reply: 1, rttUs: 1_000 }],
  ["iputils, a copy", "64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=0.1 ms (DUP!)", undefined],
  ["iputils, somebody else", "64 bytes from 192.0.2.9: icmp_seq=1 ttl=64 time=0.1 ms (DIFFERENT ADDRESS!)", undefined],
  [
    "iputils",
    "From 192.0.2.254 icmp_seq=1 Destination Host Unreachable",
    { unreachable: "Destination Host Unreachable" }
  ],
  [
    "iputils, IPv6",
    "From 2001:db8::1 icmp_seq=1 Destination unreachable: No route",
    { unreachable: "Destination unreachable" }
  ],
  ["iputils", "From 192.0.2.254 icmp_seq=1 Packet filtered", undefined],
  ["iputils", "From 192.0.2.254 icmp_seq=1 Time to live exceeded", { unreachable: "Time to live exceeded" }],
  ["iputils", "ping: connect: Network is unreachable", { unreachable: "Network is unreachable" }],
  ["BusyBox", "ping: sendto: Network unreachable", { unreachable: "Network unreachable" }],
  ["macOS", "ping: sendto: No route to host", { unreachable: "No route to host" }],
  ["macOS", "92 bytes from 192.0.2.254: Destination Host Unreachable", { unreachable: "Destination Host Unreachable" }],
  ["iputils", "ping: socket: Operation not permitted", { refused: "Operation not permitted" }],
  [
    "iputils",
    "ping: socktype: SOCK_RAW: ping: socket: Operation not permitted",
    { refused: "Operation not permitted" }
  ],
  ["iputils", "ping: => missing cap_net_raw+p capability or setuid?", { refused: "missing cap_net_raw" }],
  ["BusyBox", "ping: permission denied (are you root?)", { refused: "permission denied" }],
  ["BusyBox", "ping: unrecognized option: Q", { refused: "unrecognized option" }],
  ["iputils", "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.", undefined],
  ["BusyBox", "PING 127.0.0.1 (127.0.0.1): 56 data bytes", undefined],
  ["all", "round-trip min/avg/max = 0.043/0.043/0.043 ms", undefined],
  ["all", "1 packets transmitted, 1 received, 0% packet loss, time 0ms", undefined],
  ["nobody", "icmp_seq=99999999999999999999 time=1e999 ms", undefined],
  ["nobody", "", undefined]
]

describe("a line of ping", () => {
  for (const [of, line, read] of lines) {
    it(`of ${of}: ${line}`, () => assert.deepStrictEqual(readLine(line), read))
  }
})
