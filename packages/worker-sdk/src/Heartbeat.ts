/**
 * Tells the control plane every ten seconds that this worker lives, and how it is doing.
 */
import { type CheckType, WorkerRpc } from "@openseer/core"
import { Effect } from "effect"
import { ControlPlane } from "./ControlPlane.ts"
import type { RunnerHealth } from "./lease/LeaseRunner.ts"
import { Outbox } from "./outbox/Outbox.ts"
import { WorkerToken } from "./WorkerToken.ts"

/** The time between heartbeats. */
const every = "10 seconds"

/** What a heartbeat tells of. */
export interface HeartbeatOptions {
  readonly runner: { readonly takeHealth: () => RunnerHealth }
  readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
  readonly version: string
}

/** Sends heartbeats until interrupted. One that fails is not repeated: the next is soon enough. */
export const run = Effect.fnUntraced(function* ({ checkTypes, runner, version }: HeartbeatOptions) {
  const controlPlane = yield* ControlPlane
  const token = yield* WorkerToken
  const outbox = yield* Outbox

  const beat = Effect.fn("Heartbeat.beat")(function* () {
    const health: WorkerRpc.WorkerHealth = { ...runner.takeHealth(), outboxDepth: outbox.depth() }
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
