/**
 * Executes `redis` checks with a driver of its own, behind the worker's egress policy.
 */
import { CheckFailure, Secret } from "@openseer/core"
import { Executor, JudgedAddress } from "@openseer/worker-sdk"
import { createClient } from "@redis/client"
import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { RedisCheck } from "./RedisCheck.ts"

export const redisExecutor = Executor.make(RedisCheck, ({ host, password, port }, { mark, timeoutMs }) =>
  Effect.gen(function* () {
    // The driver is given the address that was judged, never the name.
    const { address, dnsUs } = yield* JudgedAddress.of({ host, port })
    const startedMs = performance.now()
    const elapsedUs = () => Math.round((performance.now() - startedMs) * 1_000)
    const client = createClient({
      socket: { host: address, port, connectTimeout: timeoutMs, reconnectStrategy: false },
      ...(password === undefined ? {} : { password: Secret.reveal(password) })
    }).on("error", () => {})
    yield* Effect.addFinalizer(() => Effect.sync(() => client.isOpen && client.destroy()))
    yield* attempt("can't connect", () => client.connect())
    mark()
    const connectUs = elapsedUs()
    yield* attempt("does not answer PING", () => client.ping())
    mark()
    const ttfbUs = elapsedUs() - connectUs
    const clients = yield* attempt("does not answer INFO", () => client.info("clients"))
    return {
      totalUs: dnsUs + connectUs + ttfbUs,
      phases: { dnsUs, connectUs, tlsUs: 0, ttfbUs, downloadUs: 0 },
      address,
      detail: { connectedClients: Number(/connected_clients:(\d+)/.exec(clients)?.[1]) }
    }
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: timeoutMs,
      orElse: () => Effect.fail(new CheckFailure.TargetFailed({ reason: "timeout", message: "Redis took too long" }))
    })
  )
)

const attempt = <A>(what: string, call: () => Promise<A>) =>
  Effect.tryPromise({
    try: call,
    catch: (error) =>
      new CheckFailure.TargetFailed({
        reason: "check_failed",
        message: `${what}: ${error instanceof Error ? error.message : String(error)}`
      })
  })
