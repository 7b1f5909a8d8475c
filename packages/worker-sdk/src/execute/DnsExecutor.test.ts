import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "dns-packet"
import { Deferred, Effect, Fiber } from "effect"
import * as DnsTargets from "../testing/DnsTargets.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import * as LoopbackRun from "../testing/LoopbackRun.ts"
import * as NameServer from "../testing/NameServer.ts"
import * as StreamTargets from "../testing/StreamTargets.ts"
import { dnsExecutor } from "./DnsExecutor.ts"

const run = LoopbackRun.of(dnsExecutor)
const { outcomeOf, sumOf } = LoopbackRun

const address: Answer = { type: "A", name: "a.test", ttl: 60, data: "192.0.2.7" }

const at = (port: number, more: object = {}) => ({ name: "a.test", server: { host: "127.0.0.1", port }, ...more })

/** Runs against a server that answers each question so. */
const answered = (respond: DnsTargets.Responder, more: object = {}, options: LoopbackRun.LoopbackRunOptions = {}) =>
  Effect.gen(function* () {
    const target = yield* DnsTargets.make(respond)
    const result = yield* run(at(target.port, more), options)
    return { result, questions: target.questions }
  })

const dataOf = ({
  observation
}: {
  readonly observation?: { readonly dns?: { readonly answers: ReadonlyArray<{ readonly data: string }> } }
}) => observation?.dns?.answers.map(({ data }) => data)

describe("a question", () => {
  it.live("over UDP gets its answer, with phases and who gave it", () =>
    Effect.gen(function* () {
      const { result } = yield* answered((query) => [
        DnsTargets.answer(query, [address], { flags: DnsTargets.authoritative })
      ])
      assert.strictEqual(outcomeOf(result), "up")
      const { address: server, detail, dns, phases, totalUs } = result.observation!
      assert.deepStrictEqual(dns!.answers, [{ type: "A", data: "192.0.2.7", ttlS: 60 }])
      assert.deepStrictEqual([dns!.rcode, server], ["NOERROR", "127.0.0.1"])
      assert.match(dns!.server, /^127\.0\.0\.1:\d+$/)
      assert.deepStrictEqual(detail, { transport: "udp", authoritative: true })
      assert.isAbove(phases.ttfbUs, 0)
      assert.strictEqual(sumOf(phases), totalUs)
    })
  )

  it.live("over TCP gets its answer, also when it comes in pieces", () =>
    Effect.gen(function* () {
      const { questions, result } = yield* answered((query) => [DnsTargets.answer(query, [address])], {
        transport: "tcp"
      })
      assert.strictEqual(outcomeOf(result), "up")
      assert.deepStrictEqual(questions, ["tcp"])
      const pieces = yield* HostileTargets.raw((socket) =>
        socket.once("data", (query) => {
          const message = DnsTargets.answer(query.subarray(2), [address])
          const bytes = [message.length >> 8, message.length & 0xff, ...message]
          // One timer after the other: of timers of different lengths, Node may swap those that are late.
          const drip = (index: number): void => {
            socket.write(Buffer.from([bytes[index]!]))
            if (index + 1 < bytes.length) setTimeout(drip, 1, index + 1)
          }
          drip(0)
        })
      )
      const dripped = yield* run(at(pieces.port, { transport: "tcp" }))
      assert.strictEqual(outcomeOf(dripped), "up")
      assert.isAbove(dripped.observation!.phases.downloadUs, 0)
      assert.strictEqual(sumOf(dripped.observation!.phases), dripped.observation!.totalUs)
    })
  )

  it.live("whose answer does not fit is asked again over TCP", () =>
    Effect.gen(function* () {
      const { questions, result } = yield* answered((query, transport) => [
        transport === "udp"
          ? DnsTargets.answer(query, [], { flags: DnsTargets.truncated })
          : DnsTargets.answer(
              query,
              Array.from({ length: 100 }, () => address)
            )
      ])
      assert.strictEqual(outcomeOf(result), "up")
      assert.deepStrictEqual(questions, ["udp", "tcp"])
      assert.strictEqual(dataOf(result)!.length, 32)
      assert.strictEqual(result.observation!.detail!["transport"], "tcp")
    })
  )

  it.live("without a server goes to the worker's own, which no policy judges", () =>
    Effect.gen(function* () {
      const target = yield* DnsTargets.make((query) => [DnsTargets.answer(query, [address])])
      const own = { allow: [], nameServers: [`127.0.0.1:${target.port}`] }
      assert.strictEqual(outcomeOf(yield* run({ name: "a.test" }, own)), "up")
      assert.strictEqual(outcomeOf(yield* run({ name: "a.test", transport: "tcp" }, own)), "up")
      assert.strictEqual(outcomeOf(yield* run(at(target.port), own)), "error egress_denied")
      assert.strictEqual(outcomeOf(yield* run(at(target.port, { transport: "tcp" }), own)), "error egress_denied")
      assert.deepStrictEqual(target.questions, ["udp", "tcp"])
    })
  )

  it.live("to a server by name looks that up first", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make((name) =>
        name === "ns.test" ? { addresses: ["127.0.0.1"], delayMs: 20 } : "nxdomain"
      )
      const target = yield* DnsTargets.make((query) => [DnsTargets.answer(query, [address])])
      const ask = (host: string) =>
        run({ name: "a.test", server: { host, port: target.port } }, { nameServers: [names.address] })
      const result = yield* ask("ns.test")
      assert.strictEqual(outcomeOf(result), "up")
      assert.isAbove(result.observation!.phases.dnsUs, 18_000)
      assert.strictEqual(outcomeOf(yield* ask("nobody.test")), "down dns_not_found")
    })
  )
})

const records: ReadonlyArray<readonly [answer: Answer, data: string]> = [
  [{ type: "A", name: "a.test", data: "192.0.2.7" }, "192.0.2.7"],
  [{ type: "AAAA", name: "a.test", data: "2001:db8::1" }, "2001:db8::1"],
  [{ type: "CNAME", name: "a.test", data: "b.test" }, "b.test."],
  [{ type: "NS", name: "a.test", data: "ns.test" }, "ns.test."],
  [{ type: "PTR", name: "a.test", data: "." }, "."],
  [{ type: "MX", name: "a.test", data: { preference: 10, exchange: "mail.test" } }, "10 mail.test."],
  [{ type: "TXT", name: "a.test", data: ['v="1"', Buffer.from([0x5c, 0x07, 0xc3])] }, '"v=\\"1\\"" "\\\\\\007\\195"'],
  [
    {
      type: "SOA",
      name: "a.test",
      data: { mname: "ns.test", rname: "me.test", serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 }
    },
    "ns.test. me.test. 1 2 3 4 5"
  ],
  [{ type: "SRV", name: "a.test", data: { priority: 1, weight: 2, port: 443, target: "b.test" } }, "1 2 443 b.test."],
  [{ type: "CAA", name: "a.test", data: { flags: 0, tag: "issue", value: "ca.test" } }, '0 issue "ca.test"']
]

describe("a record", () => {
  for (const [record, data] of records) {
    it.live(`of type ${record.type} is written ${data}`, () =>
      Effect.gen(function* () {
        const { result } = yield* answered((query) => [DnsTargets.answer(query, [record])], { type: record.type })
        assert.strictEqual(outcomeOf(result), "up")
        assert.deepStrictEqual(dataOf(result), [data])
      })
    )
  }

  it.live("that is longer than what is kept is cut", () =>
    Effect.gen(function* () {
      const long: Answer = { type: "TXT", name: "a.test", data: Array.from({ length: 20 }, () => "x".repeat(250)) }
      const { result } = yield* answered((query) => [DnsTargets.answer(query, [long])], { type: "TXT" })
      assert.strictEqual(dataOf(result)![0]!.length, 1_024)
    })
  )
})

describe("an answer", () => {
  it.live("that says no is down by its code, unless the monitor's assertions say otherwise", () =>
    Effect.gen(function* () {
      const codes = [
        [2, "SERVFAIL"],
        [3, "NXDOMAIN"],
        [5, "REFUSED"],
        [13, "RCODE13"]
      ] as const
      for (const [rcode, name] of codes) {
        const respond: DnsTargets.Responder = (query) => [DnsTargets.answer(query, [], { rcode })]
        const { result } = yield* answered(respond)
        assert.strictEqual(outcomeOf(result), "down assertion")
        assert.include(result.message, `DNS response code is "${name}", expected "NOERROR"`)
        const wanted = { source: "dnsRcode", comparison: "equals", expected: name, severity: "down" } as const
        assert.strictEqual(outcomeOf((yield* answered(respond, {}, { assertions: [wanted] })).result), "up")
      }
    })
  )

  it.live("without a record is down, also when an alias leads to it", () =>
    Effect.gen(function* () {
      const none = yield* answered((query) => [DnsTargets.answer(query, [])])
      assert.strictEqual(outcomeOf(none.result), "down assertion")
      const alias: Answer = { type: "CNAME", name: "a.test", data: "b.test" }
      const dangling = yield* answered((query) => [DnsTargets.answer(query, [alias])])
      assert.strictEqual(outcomeOf(dangling.result), "down assertion")
      assert.deepStrictEqual(dangling.result.observation!.detail!["aliases"], ["b.test."])
      const whole = yield* answered((query) => [DnsTargets.answer(query, [alias, { ...address, name: "b.test" }])])
      assert.deepStrictEqual(dataOf(whole.result), ["b.test.", "192.0.2.7"])
    })
  )

  it.live("with an extended code is read with EDNS", () =>
    Effect.gen(function* () {
      const { result } = yield* answered((query) => {
        const bytes = DnsTargets.answer(query, [])
        bytes.writeUInt16BE(1, 10)
        return [Buffer.concat([bytes, Buffer.from([0, 0, 41, 0x04, 0xd0, 1, 0, 0, 0, 0, 0])])]
      })
      assert.strictEqual(result.observation!.dns!.rcode, "BADVERS")
    })
  )

  it.live("to another question, or with another id, is not looked at", () =>
    Effect.gen(function* () {
      const { result } = yield* answered((query) => {
        const right = DnsTargets.answer(query, [address])
        const forged = DnsTargets.answer(query, [{ ...address, data: "203.0.113.66" }])
        const other = Buffer.from(forged)
        other.write("z", 13, "latin1")
        return [DnsTargets.withId(forged, query.readUInt16BE(0) ^ 1), other, query, Buffer.from("noise"), right]
      })
      assert.deepStrictEqual(dataOf(result), ["192.0.2.7"])
    })
  )
})

const failsAs = (what: string, expected: string, respond: DnsTargets.Responder, more: object = {}) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { result } = yield* answered(respond, more, { timeoutMs: 400 })
      assert.strictEqual(outcomeOf(result), expected)
      assert.isNotEmpty(result.message)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

/** A pointer to a place in the message. */
const pointer = (offset: number): ReadonlyArray<number> => [0xc0 | (offset >> 8), offset & 0xff]

describe("a name server", () => {
  failsAs("is silent", "down dns_timeout", () => [])
  failsAs("is silent over TCP", "down dns_timeout", () => [], { transport: "tcp" })
  failsAs("answers with a forged id only", "down dns_timeout", (query) => [
    DnsTargets.withId(DnsTargets.answer(query, [address]), query.readUInt16BE(0) ^ 1)
  ])
  failsAs(
    "answers with a forged id over TCP",
    "down protocol_error",
    (query) => [DnsTargets.withId(DnsTargets.answer(query, [address]), query.readUInt16BE(0) ^ 1)],
    { transport: "tcp" }
  )
  failsAs("cuts its answer off", "down protocol_error", (query) => [
    DnsTargets.answer(query, [address]).subarray(0, -3)
  ])
  failsAs("has a name that points to itself", "down protocol_error", (query) => [
    DnsTargets.withName(query, pointer(DnsTargets.nameOffset(query)))
  ])
  failsAs("has names that point at each other", "down protocol_error", (query) => [
    DnsTargets.withName(query, [
      1,
      97,
      ...pointer(DnsTargets.nameOffset(query) + 4),
      ...pointer(DnsTargets.nameOffset(query))
    ])
  ])
  failsAs("says that it has more records than bytes", "down protocol_error", (query) => {
    const bytes = DnsTargets.answer(query, [address])
    bytes.writeUInt16BE(0xffff, 6)
    return [bytes]
  })
  failsAs("says that its answer does not fit TCP either", "down protocol_error", (query) => [
    DnsTargets.answer(query, [], { flags: DnsTargets.truncated })
  ])
  failsAs("sends empty messages over TCP", "down protocol_error", () => [Buffer.alloc(0)], { transport: "tcp" })

  it.live("that sends noise without end is over after a bounded number of it", () =>
    Effect.gen(function* () {
      const { result } = yield* answered(
        () => Array.from({ length: 4_000 }, () => Buffer.from("noise")),
        {},
        { timeoutMs: 2_000 }
      )
      // The system drops what it has no room for.
      assert.include(["down protocol_error", "down dns_timeout"], outcomeOf(result))
    })
  )

  it.live("whose answer is as costly to read as can be holds nobody up", () =>
    Effect.gen(function* () {
      const before = process.cpuUsage()
      const { result } = yield* answered(
        (query) => {
          const head = DnsTargets.answer(query, [])
          const chain: Array<number> = [0, 0]
          const start = head.length + 11
          while (start + chain.length < 0x3ff0) {
            chain.push(...pointer(chain.length === 2 ? start : start + chain.length - 2))
          }
          const last = pointer(start + chain.length - 2)
          // The chain stands in the data of a record of unknown type; all others are named by its end.
          const carrier = [0, 0xff, 0xfa, 0, 1, 0, 0, 0, 0, chain.length >> 8, chain.length & 0xff]
          const others = Array.from({ length: 3_400 }, () => [...last, 0, 2, 0, 1, 0, 0, 0, 0, 0, 2, ...last]).flat()
          head.writeUInt16BE(3_401, 6)
          return [Buffer.concat([head, Buffer.from([...carrier, ...chain, ...others])])]
        },
        { transport: "tcp", type: "NS" }
      )
      assert.strictEqual(result.observation!.dns!.answers.length, 32)
      assert.isBelow(process.cpuUsage(before).user, 800_000)
    })
  )

  it.live("where nobody listens is connection_refused", () =>
    Effect.gen(function* () {
      const { port } = yield* HostileTargets.refusing
      assert.strictEqual(outcomeOf(yield* run(at(port))), "down connection_refused")
      assert.strictEqual(outcomeOf(yield* run(at(port, { transport: "tcp" }))), "down connection_refused")
    })
  )

  it.live("that hangs up over TCP is connection_reset", () =>
    Effect.gen(function* () {
      for (const target of [
        StreamTargets.saying(""),
        StreamTargets.saying("\u0001\u0000half"),
        StreamTargets.resettingAtOnce
      ]) {
        const { port } = yield* target
        assert.strictEqual(outcomeOf(yield* run(at(port, { transport: "tcp" }))), "down connection_reset")
      }
    })
  )

  it.live("that is asked when the run is interrupted hears no more", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const target = yield* DnsTargets.make(() => {
        Deferred.doneUnsafe(asked, Effect.void)
        return []
      })
      const fiber = yield* Effect.forkChild(run(at(target.port)))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(target.questions, ["udp"])
    })
  )
})
