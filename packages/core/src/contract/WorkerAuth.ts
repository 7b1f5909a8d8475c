/**
 * Who a worker is: the middleware of the worker protocol.
 */
import { Context, Schema } from "effect"
import { RpcMiddleware } from "effect/rpc"

/** The worker token is missing, unknown or revoked. Enroll again if the operator says so. */
export class WorkerUnauthorized extends Schema.TaggedError<WorkerUnauthorized>()("WorkerUnauthorized", {
  message: Schema.String
}) {}

/** The control plane can't serve the call now, and has done nothing: try again after `retryAfterMs`. */
export class ControlPlaneBusy extends Schema.TaggedError<ControlPlaneBusy>()("ControlPlaneBusy", {
  retryAfterMs: Schema.Int,
  message: Schema.String
}) {}

/** The worker that sent a request, as the control plane knows it: its number, and the regions whose jobs it may have. */
export class CurrentWorker extends Context.Service<
  CurrentWorker,
  {
    readonly workerKey: number
    readonly workerId: string
    readonly regionKeys: ReadonlyArray<number>
  }
>()("@openseer/core/CurrentWorker") {}

/** Turns a bearer token (`ostk_…`) into a {@link CurrentWorker}. */
export class WorkerAuth extends RpcMiddleware.Service<WorkerAuth, { provides: CurrentWorker }>()(
  "@openseer/core/WorkerAuth",
  { error: Schema.Union([WorkerUnauthorized, ControlPlaneBusy]), requiredForClient: true }
) {}
