import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { OpenSocket, type SocketOpener } from "../egress/Dial.ts"
import * as LoopbackRun from "../testing/LoopbackRun.ts"
import * as NameServer from "../testing/NameServer.ts"
import { icmpExecutor } from "./IcmpExecutor.ts"

const run = LoopbackRun.of(icmpExecutor)
const { outcomeOf, sumOf } = LoopbackRun

/** Runs with another command in the place of `ping`; `commands` are those that would have been started. */
const runWith = (
  [file, ...args]: readonly [string, ...Array<string>],
  spec: object = {},
  options: LoopbackRun.LoopbackRunOptions = {}
) =>
  Effect.gen(function* () {
    const commands: Array<ReadonlyArray<string>> = []
    const opener = yield* OpenSocket
    const program: SocketOpener["program"] = (command) => {
      commands.push(command)
      return spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] })
    }
    const result = yield* run({ host: "127.0.0.1", ...spec }, options).pipe(
      Effect.provideService(OpenSocket, { ...opener, program })
    )
    return { result, commands }
  })

/** A command that prints this, and then stays for a while. */
const printing = (text: string, staysMs = 0): readonly [string, ...Array<string>] => [
  process.execPath,
  "-e",
  `process.stdout.write(${JSON.stringify(text)}); setTimeout(() => {}, ${staysMs})`
]

const hasPing = spawnSync("ping", ["-n", "-c", "1", "127.0.0.1"], { stdio: "ignore" }).status === 0

describe("ping", () => {
  if (hasPing) {
    it.live("of this system reaches this machine", () =>
      Effect.gen(function* () {
        const { observation, ...result } = yield* run({ host: "localhost", count: 2 })
        assert.strictEqual(outcomeOf(result), "up")
        assert.deepInclude(observation!.detail, { sent: 2, received: 2, lossRatio: 0 })
        assert.strictEqual(observation!.address, "127.0.0.1")
        assert.strictEqual(sumOf(observation!.phases), observation!.totalUs)
        assert.isBelow(observation!.totalUs, 100_000)
      })
    )
  }

  it.live("is told the judged address, never the name", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make(() => ({ addresses: ["127.0.0.1"], delayMs: 20 }))
      const reply = printing("64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=12.5 ms\n")
      const spec = { host: "ping.test" }
      const { commands, result } = yield* runWith(reply, spec, { nameServers: [names.address] })
      assert.strictEqual(outcomeOf(result), "up")
      const [command] = commands
      assert.strictEqual(command!.at(-1), "127.0.0.1")
      assert.notInclude(command!.join(" "), "ping.test")
      const { phases, totalUs } = result.observation!
      assert.strictEqual(phases.ttfbUs, 12_500)
      assert.isAbove(phases.dnsUs, 18_000)
      assert.strictEqual(sumOf(phases), totalUs)
    })
  )

  it.live("is not started for an address that the egress policy denies", () =>
    Effect.gen(function* () {
      const { commands, result } = yield* runWith(printing(""), {}, { allow: [] })
      assert.strictEqual(outcomeOf(result), "error egress_denied")
      assert.deepStrictEqual(commands, [])
    })
  )

  it.live("that gets some of the replies is up, and tells the loss", () =>
    Effect.gen(function* () {
      const lines = [1, 1, 3].map((seq) => `64 bytes from 127.0.0.1: icmp_seq=${seq} ttl=64 time=${seq} ms\n`)
      const { result } = yield* runWith(printing(lines.join("")), { count: 4 })
      assert.strictEqual(outcomeOf(result), "up")
      assert.deepStrictEqual(result.observation!.detail, {
        sent: 4,
        received: 2,
        lossRatio: 0.5,
        minMs: 1,
        maxMs: 3
      })
      assert.strictEqual(result.observation!.phases.ttfbUs, 2_000)
      const loss = { source: "detail", property: "$.lossRatio", comparison: "lessThan", expected: 0.2 } as const
      const judged = yield* runWith(
        printing(lines.join("")),
        { count: 4 },
        {
          assertions: [{ ...loss, severity: "degraded" }]
        }
      )
      assert.strictEqual(outcomeOf(judged.result), "degraded assertion")
    })
  )

  it.live("without a reply is a timeout, and is killed at the deadline", () =>
    Effect.gen(function* () {
      const began = performance.now()
      const { result } = yield* runWith(printing("PING\n", 60_000), {}, { timeoutMs: 500 })
      assert.strictEqual(outcomeOf(result), "down response_timeout")
      assert.isBelow(performance.now() - began, 5_000)
    })
  )

  it.live("that hears on the way that there is no way is unreachable", () =>
    Effect.gen(function* () {
      const { result } = yield* runWith(printing("From 192.0.2.1 icmp_seq=1 Destination Host Unreachable\n"))
      assert.strictEqual(outcomeOf(result), "down unreachable")
      assert.include(result.message, "Destination Host Unreachable")
    })
  )

  it.live("that prints without end is stopped", () =>
    Effect.gen(function* () {
      const babble = [process.execPath, "-e", "for (;;) require('fs').writeSync(1, 'x'.repeat(65536))"] as const
      const { result } = yield* runWith(babble)
      assert.strictEqual(outcomeOf(result), "down response_timeout")
    })
  )

  it.live("that is not there, or not permitted, is an error that says what to do", () =>
    Effect.gen(function* () {
      const missing = yield* runWith(["/nowhere/ping"])
      assert.strictEqual(outcomeOf(missing.result), "error unsupported_check")
      assert.include(missing.result.message, "iputils-ping")
      const forbidden = yield* runWith(printing("ping: socket: Operation not permitted\n"))
      assert.strictEqual(outcomeOf(forbidden.result), "error unsupported_check")
      assert.include(forbidden.result.message, "net.ipv4.ping_group_range")
    })
  )
})
