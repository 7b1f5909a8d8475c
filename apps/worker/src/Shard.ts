/**
 * The process of a worker that executes checks, one for each core: started by `openseer-worker run`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Shard } from "@openseer/worker-sdk"
import { Effect, Layer } from "effect"
import * as Execution from "./Execution.ts"
import * as Telemetry from "./Telemetry.ts"
import * as WorkerConfig from "./WorkerConfig.ts"

const shard = Effect.gen(function* () {
  const config = yield* WorkerConfig.read
  return yield* Shard.run({ executors: Execution.executors }).pipe(
    Effect.provide(Layer.merge(Telemetry.shardLayer(config), Execution.layer(config)))
  )
})

NodeRuntime.runMain(shard)
