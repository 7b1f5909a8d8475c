/**
 * A worker that can do all built-in checks and `redis`.
 */
import { NodeRuntime } from "@effect/platform-node"
import { BuiltInExecutors, Egress, Worker } from "@openseer/worker-sdk"
import { Layer, Redacted } from "effect"
import { redisExecutor } from "./redisExecutor.ts"

const WorkerLive = Worker.layer({
  controlPlane: process.env["OPENSEER_URL"] ?? "http://127.0.0.1:8080",
  enrollmentToken: Redacted.make(process.env["OPENSEER_ENROLLMENT_TOKEN"] ?? ""),
  executors: [...BuiltInExecutors.builtInExecutors, redisExecutor]
}).pipe(Layer.provide(Egress.layer({ allow: ["127.0.0.0/8"] })))

NodeRuntime.runMain(Layer.launch(WorkerLive))
