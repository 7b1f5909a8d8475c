/**
 * The worker protocol on HTTP: `/rpc/worker`. Handlers only delegate.
 */
import { WorkerAuth, WorkerRpc } from "@openseer/core"
import { Clock, Effect, Layer } from "effect"
import { RpcMiddleware, RpcSerialization, RpcServer } from "effect/rpc"
import { Workers } from "../accounts/Workers.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { Ingest } from "../ingest/Ingest.ts"
import { Leases } from "../lease/Leases.ts"
import { WorkerHealth } from "../lease/WorkerHealth.ts"
import { serverVersion } from "../ServerVersion.ts"

/** Where workers reach the control plane. */
export const workerRpcPath = "/rpc/worker"

/** What happened is in the log under the trace of the call; the worker learns nothing from a defect. */
class Mask extends RpcMiddleware.Service<Mask>()("@openseer/server/WorkerRpcMask") {}

const MaskLayer = Layer.succeed(
  Mask,
  Mask.of((effect, { rpc }) =>
    Effect.catchDefect(effect, (defect) =>
      Effect.logError("worker call failed", defect).pipe(
        Effect.annotateLogs({ rpc: rpc._tag }),
        Effect.andThen(Effect.die("internal error"))
      )
    )
  )
)

const MaskedRpc = WorkerRpc.WorkerRpc.middleware(Mask)

const busy = ({ message, retryAfterMs }: DatabaseBusy) =>
  Effect.fail(new WorkerAuth.ControlPlaneBusy({ message, retryAfterMs }))

const AuthLayer = Layer.effect(
  WorkerAuth.WorkerAuth,
  Effect.gen(function* () {
    const workers = yield* Workers
    return WorkerAuth.WorkerAuth.of((effect, { headers }) =>
      workers.authenticate((headers["authorization"] ?? "").replace(/^Bearer /i, "")).pipe(
        Effect.catchTag("DatabaseBusy", busy),
        Effect.flatMap((worker) => Effect.provideService(effect, WorkerAuth.CurrentWorker, worker))
      )
    )
  })
)

const checkProtocol = (protocol: number): Effect.Effect<void, WorkerRpc.ProtocolUnsupported> =>
  protocol >= WorkerRpc.protocolVersionMin && protocol <= WorkerRpc.protocolVersion
    ? Effect.void
    : Effect.fail(
        new WorkerRpc.ProtocolUnsupported({
          minimum: WorkerRpc.protocolVersionMin,
          maximum: WorkerRpc.protocolVersion,
          message: `this control plane (${serverVersion}) speaks protocol ${WorkerRpc.protocolVersionMin} to ${
            WorkerRpc.protocolVersion
          }, the worker ${protocol}: upgrade the older of the two`
        })
      )

const HandlersLayer = MaskedRpc.toLayer(
  Effect.gen(function* () {
    const workers = yield* Workers
    const leases = yield* Leases
    const ingest = yield* Ingest
    const health = yield* WorkerHealth
    return MaskedRpc.of({
      Enroll: (payload) =>
        Effect.andThen(checkProtocol(payload.protocol), workers.enroll(payload)).pipe(
          Effect.catchTag("DatabaseBusy", busy)
        ),
      GetJobs: (payload) =>
        Effect.gen(function* () {
          yield* checkProtocol(payload.protocol)
          const { regionKeys, workerKey } = yield* WorkerAuth.CurrentWorker
          const startedAt = yield* Clock.currentTimeNanos
          const jobs = yield* leases.await({ ...payload, regionKeys, workerKey }, payload.waitMs)
          const servedMs = Number((yield* Clock.currentTimeNanos) - startedAt) / 1e6
          return { jobs, servedMs: Math.max(0, servedMs) }
        }).pipe(Effect.catchTag("DatabaseBusy", busy)),
      SubmitResult: ({ submissions }) =>
        Effect.gen(function* () {
          return yield* ingest.submit(yield* WorkerAuth.CurrentWorker, submissions)
        }).pipe(Effect.catchTag("DatabaseBusy", busy)),
      RenewLease: (payload) =>
        Effect.gen(function* () {
          const { workerKey } = yield* WorkerAuth.CurrentWorker
          return yield* leases.renew(workerKey, payload.leases)
        }).pipe(Effect.catchTag("DatabaseBusy", busy)),
      ReleaseJobs: (payload) =>
        Effect.gen(function* () {
          const { workerKey } = yield* WorkerAuth.CurrentWorker
          return { released: yield* leases.release(workerKey, payload.leases) }
        }).pipe(Effect.catchTag("DatabaseBusy", busy)),
      Heartbeat: (payload) =>
        Effect.gen(function* () {
          yield* checkProtocol(payload.protocol)
          const { workerId, workerKey } = yield* WorkerAuth.CurrentWorker
          yield* health.record({ ...payload, workerId, workerKey })
          return { serverVersion }
        }).pipe(Effect.catchTag("DatabaseBusy", busy))
    })
  })
)

/** The most calls in one request: a worker sends one. More would let one small request hold the whole database. */
const callsMax = 16

const serialization = RpcSerialization.RpcSerialization.of({
  ...RpcSerialization.json,
  makeUnsafe: () => {
    const parser = RpcSerialization.json.makeUnsafe()
    return {
      ...parser,
      decode: (bytes) => {
        const calls = parser.decode(bytes)
        if (calls.length > callsMax) throw new RangeError(`a request may hold at most ${callsMax} calls`)
        return calls
      }
    }
  }
})

/** The routes of the worker protocol. */
export const layer = RpcServer.layerHttp({
  group: MaskedRpc,
  path: workerRpcPath,
  protocol: "http",
  disableFatalDefects: true
}).pipe(
  Layer.provide(HandlersLayer),
  Layer.provide([AuthLayer, MaskLayer]),
  Layer.provide(Layer.succeed(RpcSerialization.RpcSerialization, serialization))
)
