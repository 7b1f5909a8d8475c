/**
 * Tells the control plane every ten seconds that this worker lives, and how it is doing.
 */
import { type CheckType, WorkerRpc } from "@openseer/core"
import { Effect } from "effect"
import { performance } from "node:perf_hooks"
import { ControlPlane } from "./ControlPlane.ts"
import type { Runner } from "./lease/Runner.ts"
import { Outbox } from "./outbox/Outbox.ts"
import * as WorkerMetrics from "./WorkerMetrics.ts"
import { WorkerToken } from "./WorkerToken.ts"

/** The time between heartbeats. */
const every = "10 seconds"

/** What a heartbeat tells of. */
export interface HeartbeatOptions {
  readonly runner: Runner
  readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
  readonly version: string
}

/** Sends heartbeats until interrupted. One that fails is not repeated: the next is soon enough. */
export const run = Effect.fnUntraced(function* ({ checkTypes, runner, version }: HeartbeatOptions) {
  const controlPlane = yield* ControlPlane
  const token = yield* WorkerToken
  const outbox = yield* Outbox
  const context = yield* Effect.context<never>()
  let before = performance.eventLoopUtilization()

  const beat = Effect.fn("Heartbeat.beat")(function* () {
    const now = performance.eventLoopUtilization()
    const loopUtilization = performance.eventLoopUtilization(now, before).utilization
    before = now
    WorkerMetrics.loopUtilization.updateUnsafe(loopUtilization, context)
    WorkerMetrics.runsInFlight.updateUnsafe(runner.inFlight, context)
    const health: WorkerRpc.WorkerHealth = {
      runsStarted: runner.started,
      runsInFlight: runner.inFlight,
      outboxDepth: outbox.depth(),
      loopUtilization,
      latenessP99Us: runner.takeLatenessP99Us()
    }
    yield* token.authorized(
      controlPlane.heartbeat({ protocol: WorkerRpc.protocolVersion, version, checkTypes, health })
    )
  })

  return yield* beat().pipe(
    Effect.catchTag("ControlPlaneUnavailable", (error) => Effect.logDebug(`heartbeat failed: ${error.message}`)),
    Effect.andThen(Effect.sleep(every)),
    Effect.forever
  )
})
