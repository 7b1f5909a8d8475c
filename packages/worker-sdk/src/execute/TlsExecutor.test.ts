import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeAuthority } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import * as LoopbackRun from "../testing/LoopbackRun.ts"
import * as StreamTargets from "../testing/StreamTargets.ts"
import { tlsExecutor } from "./TlsExecutor.ts"

const authority = makeAuthority()
const localhost = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })

const run = LoopbackRun.of(tlsExecutor, { ca: [authority.ca] })
const { outcomeOf, sumOf } = LoopbackRun

const dayMs = 86_400_000
const withCertificate = (what: string, expected: string, validTo: Date, tls: object = {}) =>
  it.live(`with a certificate ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.scriptedTls(authority.issue({ names: ["localhost"], validTo }))
      const result = yield* run({ host: "localhost", port, tls })
      assert.strictEqual(outcomeOf(result), expected)
      assert.strictEqual(result.observation!.tls!.chain[0]!.subject, "localhost")
    })
  )

const failsAs = (
  what: string,
  startTls: string,
  expected: string,
  target: ReturnType<typeof HostileTargets.raw> | typeof HostileTargets.refusing
) =>
  it.live(`with a server that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { port } = yield* target
      const result = yield* run({ host: "127.0.0.1", port, startTls }, { timeoutMs: 300 })
      assert.strictEqual(outcomeOf(result), expected)
      assert.isNotEmpty(result.message)
    })
  )

describe("a handshake", () => {
  it.live("tells version, cipher and chain", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.scriptedTls(localhost)
      const { observation } = yield* run({ host: "localhost", port })
      const { phases, tls, totalUs } = observation!
      assert.strictEqual(tls!.version, "TLSv1.3")
      assert.deepStrictEqual(tls!.chain[0]!.names, ["localhost", "127.0.0.1"])
      assert.strictEqual(tls!.chain[0]!.keyType, "EC P-256")
      assert.isAbove(phases.tlsUs, 0)
      assert.strictEqual(phases.downloadUs, 0)
      assert.strictEqual(sumOf(phases), totalUs)
    })
  )

  withCertificate("that has expired", "down certificate_expired", new Date(Date.now() - dayMs / 2))
  withCertificate("for another name", "down certificate_wrong_name", new Date(Date.now() + dayMs), {
    serverName: "other.test"
  })
})

const postgres = "\u0000\u0000\u0000\u0008\u0004\u00d2\u0016\u002f"

const scripts: Record<string, ReadonlyArray<StreamTargets.Line>> = {
  smtp: [
    { says: "220-mail.test\r\n220 ready\r\n" },
    { hears: "EHLO openseer.invalid\r\n", says: "250-mail.test\r\n250 STARTTLS\r\n" },
    { hears: "STARTTLS\r\n", says: "220 go\r\n", secures: localhost }
  ],
  imap: [
    { says: "* OK ready\r\n" },
    { hears: "a1 STARTTLS\r\n", says: "* NOTE this\r\na1 OK go\r\n", secures: localhost }
  ],
  pop3: [{ says: "+OK ready\r\n" }, { hears: "STLS\r\n", says: "+OK go\r\n", secures: localhost }],
  ftp: [{ says: "220 ready\r\n" }, { hears: "AUTH TLS\r\n", says: "234 go\r\n", secures: localhost }],
  postgres: [{ hears: postgres, says: "S", secures: localhost }]
}

describe("STARTTLS", () => {
  for (const [startTls, script] of Object.entries(scripts)) {
    it.live(`of ${startTls} comes before the handshake`, () =>
      Effect.gen(function* () {
        const { port } = yield* StreamTargets.scripted(...script)
        const result = yield* run({ host: "localhost", port, startTls })
        // Its last day: not down, whatever the monitor says of days that are left.
        assert.notStrictEqual(result.outcome, "down")
        assert.strictEqual(result.observation!.tls!.chain[0]!.subject, "localhost")
        assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
      })
    )
  }

  failsAs("does not offer it", "postgres", "down unexpected_answer", StreamTargets.scripted({ says: "N" }))
  failsAs("is something else", "smtp", "down unexpected_answer", StreamTargets.scripted({ says: "SSH-2.0-x\r\n" }))
  failsAs("is silent", "imap", "down response_timeout", HostileTargets.silent)
  failsAs("drips", "smtp", "down download_timeout", StreamTargets.drippingText("220-a\r\n", 10))
  failsAs("speaks without end", "smtp", "down unexpected_answer", StreamTargets.babbling("220-a\r\n".repeat(1_000)))
  failsAs("closes", "pop3", "down connection_reset", StreamTargets.saying(""))
  failsAs(
    "goes on in clear",
    "pop3",
    "down protocol_error",
    StreamTargets.scripted({ says: "+OK\r\n" }, { hears: "STLS", says: "+OK go\r\n+OK injected\r\n" })
  )
  failsAs("agrees and falls silent", "postgres", "down tls_timeout", StreamTargets.scripted({ says: "S" }))
  failsAs("refuses", "ftp", "down connection_refused", HostileTargets.refusing)
})

describe("a target", () => {
  it.live("is not dialled when the egress policy denies it", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.silent
      const result = yield* run({ host: "127.0.0.1", port: target.port }, { allow: [] })
      assert.strictEqual(outcomeOf(result), "error egress_denied")
      assert.strictEqual(target.connections(), 0)
    })
  )

  it.live("that stalls in the handshake is a timeout of it", () =>
    Effect.gen(function* () {
      const { port } = yield* HostileTargets.silent
      const result = yield* run({ host: "127.0.0.1", port }, { timeoutMs: 150 })
      assert.strictEqual(outcomeOf(result), "down tls_timeout")
    })
  )
})
