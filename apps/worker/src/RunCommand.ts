/**
 * `openseer-worker run`: runs a worker until it is told to stop (SIGTERM, SIGINT), then drains.
 */
import { Worker, type WorkerStopped } from "@openseer/worker-sdk"
import { Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Execution from "./Execution.ts"
import * as Telemetry from "./Telemetry.ts"
import * as WorkerConfig from "./WorkerConfig.ts"

const run: Effect.Effect<never, WorkerConfig.WorkerConfigInvalid | WorkerStopped.WorkerStopped> = Effect.gen(
  function* () {
    const config = yield* WorkerConfig.read
    return yield* work(config).pipe(Effect.provide(Layer.merge(Telemetry.layer(config), Execution.layer(config))))
  }
).pipe(Effect.tapError(({ message }) => Console.error(message)))

const work = Effect.fnUntraced(function* (config: WorkerConfig.WorkerConfig) {
  yield* Effect.annotateLogs(Effect.logInfo("configuration"), WorkerConfig.redacted(config))
  const { concurrency, controlPlaneUrl, enrollmentToken, name, reenroll, regionName, shards, tokenFile } = config
  const worker = Worker.layer({
    controlPlane: controlPlaneUrl,
    tokenFile,
    reenroll,
    concurrency,
    executors: Execution.executors,
    ...(shards === 1 ? {} : { shards: { module: shardModule, count: shards } }),
    ...(enrollmentToken === undefined ? {} : { enrollmentToken }),
    ...(regionName === undefined ? {} : { region: regionName }),
    ...(name === undefined ? {} : { name })
  })
  return yield* Worker.use(({ started, stopped }) => Effect.andThen(Effect.andThen(started, tellReady), stopped)).pipe(
    Effect.provide(worker)
  )
})

/** Who started this process with a channel of messages, such as a process manager, is told when it is at work. */
const tellReady = Effect.sync(() => process.send?.("ready"))

/** The module of a shard, as a source or compiled, as this one is. */
const shardModule = new URL(import.meta.url.endsWith(".ts") ? "Shard.ts" : "Shard.js", import.meta.url)

/** The `run` command. */
export const runCommand = Command.make("run", {}, () => run).pipe(
  Command.withDescription("Run a worker until it is told to stop; configured by the environment (see the README)")
)
