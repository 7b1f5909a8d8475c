/**
 * What each of the worker's processes for checks runs. It ends with its worker.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Shard } from "@openseer/worker-sdk"
import { executors } from "./PrimesCheck.ts"

NodeRuntime.runMain(Shard.run({ executors }))
