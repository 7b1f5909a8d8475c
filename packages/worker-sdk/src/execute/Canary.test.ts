import { assert, describe, it } from "@effect/vitest"
import { CheckFailure, CheckType, Observation } from "@openseer/core"
import { Effect, Exit, Layer, Schema } from "effect"
import { createSocket, type Socket } from "node:dgram"
import { type AddressInfo, createServer, type Server } from "node:net"
import * as Egress from "../egress/Egress.ts"
import * as Canary from "./Canary.ts"
import * as Executor from "./Executor.ts"

const AnyCheck = CheckType.make({ kind: "any", version: 1, spec: Schema.Struct({}), target: () => "" })

/** An executor whose target is down for this reason. */
const failing = (reason: CheckFailure.TargetReason, address?: string) =>
  Executor.make(AnyCheck, () =>
    Effect.fail(
      new CheckFailure.TargetFailed({
        reason,
        message: "it is down",
        observation: { totalUs: 0, phases: Observation.noPhases, ...(address === undefined ? {} : { address }) }
      })
    )
  )

const reasonOf = <R>(executor: Executor.Executor<string, Record<never, never>, R>) =>
  executor.execute({}, { timeoutMs: 1_000, mark: () => {}, assertionSources: new Set(), redact: (text) => text }).pipe(
    Effect.flip,
    Effect.map(({ reason }) => reason)
  )

/** A server that counts its connections. */
const listener = Effect.acquireRelease(
  Effect.promise(() => {
    const server = createServer((socket) => void (counts.set(server, counts.get(server)! + 1), socket.destroy()))
    counts.set(server, 0)
    return new Promise<Server>((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)))
  }),
  (server) => Effect.promise(() => new Promise((resolve) => server.close(resolve)))
)
const counts = new Map<Server, number>()

const at = (server: Server): Canary.CanaryTarget => ({
  host: "127.0.0.1",
  port: (server.address() as AddressInfo).port
})

/** Names that nobody answers for: what a canary looks like without network. */
const silentNames = Effect.acquireRelease(
  Effect.promise(() => {
    const socket = createSocket("udp4")
    return new Promise<Socket>((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket)))
  }),
  (socket) => Effect.promise(() => new Promise<void>((resolve) => socket.close(() => resolve())))
).pipe(Effect.map((socket) => [`127.0.0.1:${socket.address().port}`]))

const nobody: Canary.CanaryTarget = { host: "canary.example", port: 443 }

const worker = (targets: ReadonlyArray<Canary.CanaryTarget>, hasInterface = true) =>
  Layer.unwrap(
    Effect.map(silentNames, (nameServers) =>
      Canary.Canary.layer(targets).pipe(
        Layer.provide(Egress.layer({ allow: ["127.0.0.0/8"], nameServers })),
        Layer.provide(Layer.succeed(Canary.HasInterface, () => hasInterface))
      )
    )
  )

const silent = Canary.guard(failing("connect_timeout"))

describe("Canary", () => {
  it.live("lets silence count against the target while a canary answers, whether it accepts or refuses", () =>
    Effect.gen(function* () {
      const server = yield* listener
      const accepting = yield* reasonOf(silent).pipe(Effect.provide(worker([nobody, at(server)])))
      const closed = at(server)
      yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
      const refusing = yield* reasonOf(silent).pipe(Effect.provide(worker([closed])))
      assert.strictEqual(accepting, "connect_timeout")
      assert.strictEqual(refusing, "connect_timeout")
    })
  )

  it.live(
    "says network_down of silence when no canary answers, in less than the second that a run may take to end",
    () =>
      Effect.gen(function* () {
        for (const reason of ["unreachable", "dns_timeout", "connect_timeout", "response_timeout"] as const) {
          const startedAt = performance.now()
          assert.strictEqual(
            yield* reasonOf(Canary.guard(failing(reason))).pipe(Effect.provide(worker([nobody]))),
            "network_down"
          )
          assert.isBelow(performance.now() - startedAt, Canary.canaryMs + 1_000)
        }
      })
  )

  it.live("asks nobody about what a target itself has said, or about the loopback", () =>
    Effect.gen(function* () {
      const server = yield* listener
      const layer = worker([at(server)], false)
      for (const reason of [
        "connection_refused",
        "connection_reset",
        "dns_not_found",
        "certificate_expired"
      ] as const) {
        assert.strictEqual(yield* reasonOf(Canary.guard(failing(reason))).pipe(Effect.provide(layer)), reason)
      }
      for (const address of ["127.0.0.1", "::1"]) {
        const local = Canary.guard(failing("connect_timeout", address))
        assert.strictEqual(yield* reasonOf(local).pipe(Effect.provide(layer)), "connect_timeout")
      }
      assert.strictEqual(counts.get(server), 0)
    })
  )

  it.live("asks once for a hundred runs that fail at the same time", () =>
    Effect.gen(function* () {
      const server = yield* listener
      const reasons = yield* Effect.all(
        Array.from({ length: 100 }, () => reasonOf(silent)),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(worker([at(server)])))
      assert.deepStrictEqual([...new Set(reasons)], ["connect_timeout"])
      assert.isAtMost(counts.get(server)!, 2)
    })
  )

  it.live("answers the others when the run that asked first is stopped", () =>
    Effect.gen(function* () {
      const [stopped, other] = yield* Effect.all(
        [Effect.timeoutOption(reasonOf(silent), 50), Effect.exit(Effect.delay(reasonOf(silent), 20))],
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(worker([nobody])))
      assert.isTrue(stopped._tag === "None" || stopped.value === "network_down")
      assert.deepStrictEqual(other, Exit.succeed("network_down"))
    })
  )

  it.live("without canaries notices only that there is no interface", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* reasonOf(silent).pipe(Effect.provide(worker([], true))), "connect_timeout")
      assert.strictEqual(yield* reasonOf(silent).pipe(Effect.provide(worker([], false))), "network_down")
    })
  )

  it.live("says network_down of an IPv6 target when the worker has no IPv6, whoever answers by IPv4", () =>
    Effect.gen(function* () {
      const server = yield* listener
      const ipv4Only = Canary.Canary.layer([at(server)]).pipe(
        Layer.provide(Egress.layer({ allow: ["127.0.0.0/8"] })),
        Layer.provide(Layer.succeed(Canary.HasInterface, (family) => family !== "IPv6"))
      )
      const down = (address: string) =>
        reasonOf(Canary.guard(failing("unreachable", address))).pipe(Effect.provide(ipv4Only))
      assert.strictEqual(yield* down("2001:db8::1"), "network_down")
      assert.strictEqual(yield* down("192.0.2.1"), "unreachable")
    })
  )

  it.live("takes canaries that the egress policy denies for no witnesses", () =>
    Effect.gen(function* () {
      const denied = worker([{ host: "192.168.1.1", port: 443 }])
      assert.strictEqual(yield* reasonOf(silent).pipe(Effect.provide(denied)), "connect_timeout")
    })
  )
})
