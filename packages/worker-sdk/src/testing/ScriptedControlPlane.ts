/**
 * The other end of the worker protocol, for tests of a worker: real HTTP on a real socket, answers from a script.
 *
 * It remembers every call with its time and can be made to fail in the ways in which a control plane fails: refuse
 * connections' requests with a status, or do the work and lose the answer.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { WorkerAuth, WorkerRpc } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { RpcSerialization, RpcServer } from "effect/rpc"
import { createServer } from "node:http"

/** One call, in the order of arrival. `at` is by `performance.now`. */
export interface Call {
  readonly tag: string
  readonly at: number
  readonly payload: unknown
  readonly token: string
}

/** What to answer. Each may be replaced while the server runs; the defaults have no jobs and store everything. */
export interface Script {
  getJobs: (payload: {
    readonly capacity: number
    readonly waitMs: number
    readonly known?: ReadonlyArray<readonly [jobId: number, version: number]>
  }) => Effect.Effect<ReadonlyArray<WorkerRpc.Job>>
  submitResult: (submission: WorkerRpc.Submission) => ReadonlyArray<WorkerRpc.Verdict>
  releaseJobs: (leases: ReadonlyArray<WorkerRpc.LeaseRef>) => void
  renewLease: (leases: ReadonlyArray<WorkerRpc.LeaseRef>) => ReadonlyArray<WorkerRpc.LeaseRef & { leaseMs: number }>
  enroll: (payload: {
    readonly token: string
  }) => Effect.Effect<
    { readonly workerId: string; readonly token: string; readonly regionName: string },
    WorkerRpc.EnrollmentRefused
  >
  /** Whether a worker token is known. */
  knows: (token: string) => boolean
  /** How long each way between worker and control plane takes, in milliseconds. */
  wayMs: number
  /** Decides over each call: answer it, refuse it with a status, or do the work and lose the answer. */
  fate: (tag: string) => "answer" | "lose" | { readonly status: number; readonly retryAfter?: string }
}

/** A running scripted control plane. */
export interface ScriptedControlPlane {
  readonly url: string
  readonly script: Script
  readonly calls: ReadonlyArray<Call>
  /** Calls of one kind, with their payloads. */
  readonly callsOf: (tag: string) => ReadonlyArray<Call>
  /** The most `GetJobs` that were open at the same time. */
  readonly openGetJobsMax: () => number
  /** All submissions, in the order of arrival. */
  readonly submissions: () => ReadonlyArray<WorkerRpc.Submission>
}

const defaults = (): Script => ({
  getJobs: ({ waitMs }) => Effect.as(Effect.sleep(waitMs), []),
  submitResult: ({ results }) => results.map(() => "stored" as const),
  releaseJobs: () => {},
  renewLease: (leases) => leases.map((lease) => ({ ...lease, leaseMs: 30_000 })),
  enroll: () => Effect.succeed({ workerId: "worker-1", token: "ostk_test", regionName: "test-1" }),
  knows: () => true,
  wayMs: 0,
  fate: () => "answer"
})

/** Starts one on a free port of 127.0.0.1; it ends with the scope. */
export const make = Effect.fnUntraced(function* (overrides: Partial<Script> = {}) {
  const script: Script = { ...defaults(), ...overrides }
  const calls: Array<Call> = []
  let open = 0
  let openMax = 0

  const Auth = Layer.succeed(WorkerAuth.WorkerAuth, (effect, { headers, payload, rpc }) => {
    const token = (headers["authorization"] ?? "").replace(/^Bearer /, "")
    calls.push({ tag: rpc._tag, at: performance.now(), payload, token })
    return script.knows(token)
      ? Effect.provideService(effect, WorkerAuth.CurrentWorker, { workerKey: 1, workerId: "worker-1", regionKeys: [1] })
      : Effect.fail(new WorkerAuth.WorkerUnauthorized({ message: "unknown token" }))
  })

  const Handlers = WorkerRpc.WorkerRpc.toLayer({
    Enroll: (payload) =>
      Effect.suspend(() => {
        calls.push({ tag: "Enroll", at: performance.now(), payload, token: "" })
        return script.enroll(payload)
      }),
    GetJobs: (payload) =>
      Effect.suspend(() => {
        const startedAt = performance.now()
        openMax = Math.max(openMax, ++open)
        return script.getJobs(payload).pipe(
          Effect.map((jobs) => ({ jobs, servedMs: performance.now() - startedAt })),
          Effect.ensuring(Effect.sync(() => void open--))
        )
      }),
    SubmitResult: ({ submissions }) =>
      Effect.sync(() => submissions.map((one) => ({ verdicts: script.submitResult(one), refusals: [] }))),
    RenewLease: ({ leases }) => Effect.sync(() => script.renewLease(leases)),
    ReleaseJobs: ({ leases }) =>
      Effect.sync(() => {
        script.releaseJobs(leases)
        return { released: leases.length }
      }),
    Heartbeat: () => Effect.succeed({ serverVersion: "test" })
  })

  const Fate = HttpRouter.middleware(
    (handled) =>
      Effect.gen(function* () {
        const { wayMs } = script
        if (wayMs > 0) yield* Effect.sleep(wayMs)
        const request = yield* HttpServerRequest.HttpServerRequest
        const { tag } = JSON.parse(yield* Effect.orDie(request.text)) as { readonly tag: string }
        const fate = script.fate(tag)
        if (fate === "answer") return yield* wayMs > 0 ? Effect.tap(handled, Effect.sleep(wayMs)) : handled
        if (fate === "lose") return yield* Effect.as(handled, HttpServerResponse.empty({ status: 502 }))
        const headers = fate.retryAfter === undefined ? {} : { "retry-after": fate.retryAfter }
        return HttpServerResponse.empty({ status: fate.status, headers })
      }),
    { global: true }
  )

  const Routes = Layer.merge(
    RpcServer.layerHttp({
      group: WorkerRpc.WorkerRpc,
      path: "/rpc/worker",
      protocol: "http",
      disableFatalDefects: true
    }).pipe(Layer.provide([Handlers, Auth, RpcSerialization.layerJson])),
    Fate
  )
  const context = yield* HttpRouter.serve(Routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(
      NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: "10 millis" })
    ),
    Layer.build
  )
  const { address } = Context.get(context, HttpServer.HttpServer)
  return {
    url: `http://127.0.0.1:${"port" in address ? address.port : 0}`,
    script,
    calls,
    callsOf: (tag) => calls.filter((call) => call.tag === tag),
    openGetJobsMax: () => openMax,
    submissions: () =>
      calls
        .filter(({ tag }) => tag === "SubmitResult")
        .flatMap(
          ({ payload }) => (payload as { readonly submissions: ReadonlyArray<WorkerRpc.Submission> }).submissions
        )
  } satisfies ScriptedControlPlane
})
