/**
 * The control plane as a worker sees it: typed calls of the worker protocol over HTTP.
 *
 * Whatever goes wrong on the way is one error, {@link ControlPlaneUnavailable}, because a worker does the same about all
 * of it: wait and try again. The token travels in the call's headers and in nothing that is ever printed.
 */
import { WorkerAuth, WorkerRpc } from "@openseer/core"
import { Context, Effect, Latch, Layer, Redacted, Schema, type Scope } from "effect"
import { FetchHttpClient, Headers, HttpClient } from "effect/http"
import { RpcClient, type RpcClientError, RpcMiddleware, RpcSerialization } from "effect/rpc"

/** How long a call may take beyond what it asks the control plane to wait, in milliseconds. */
const callMsMax = 10_000

/** An answer to `GetJobs`, with instants of the monotonic clock (`performance.now`) on both ends of the exchange. */
export interface JobsAnswer {
  readonly jobs: ReadonlyArray<WorkerRpc.Job>
  /** How long the control plane had the request, in milliseconds. */
  readonly servedMs: number
  readonly sentAt: number
  readonly receivedAt: number
}

/** Leases that were extended, with the instant of the monotonic clock at which it was asked for. */
export interface RenewAnswer {
  readonly leases: ReadonlyArray<WorkerRpc.LeaseRef & { readonly leaseMs: number }>
  readonly sentAt: number
}

type Client = RpcClient.FromGroup<typeof WorkerRpc.WorkerRpc, RpcClientError.RpcClientError>
type Payload<Tag extends keyof Client> = Parameters<Client[Tag]>[0]

/**
 * The control plane cannot be reached, is overloaded (503), or gave no usable answer. Trying again may help.
 * `retryAfterMs` is what it asked for; `isAway` says that nothing answered, or nothing but a proxy.
 */
export class ControlPlaneUnavailable extends Schema.TaggedError<ControlPlaneUnavailable>()("ControlPlaneUnavailable", {
  message: Schema.String,
  isAway: Schema.Boolean,
  retryAfterMs: Schema.optionalKey(Schema.Finite)
}) {}

type Refused = ControlPlaneUnavailable | WorkerAuth.WorkerUnauthorized
type Unsupported = WorkerRpc.ProtocolUnsupported

/** The calls of the worker protocol. All but `enroll` send the token that `useToken` was given last. */
export class ControlPlane extends Context.Service<
  ControlPlane,
  {
    readonly url: string
    /** Waits until a call succeeds. */
    readonly reached: Effect.Effect<void>
    readonly useToken: (token: Redacted.Redacted) => void
    readonly enroll: (
      payload: Payload<"Enroll">
    ) => Effect.Effect<
      { readonly workerId: string; readonly token: string; readonly regionName: string },
      ControlPlaneUnavailable | WorkerRpc.EnrollmentRefused | Unsupported
    >
    readonly getJobs: (payload: Payload<"GetJobs">) => Effect.Effect<JobsAnswer, Refused | Unsupported>
    readonly submitResult: (
      submissions: ReadonlyArray<WorkerRpc.Submission>
    ) => Effect.Effect<ReadonlyArray<WorkerRpc.SubmissionVerdict>, Refused>
    readonly renewLease: (leases: ReadonlyArray<WorkerRpc.LeaseRef>) => Effect.Effect<RenewAnswer, Refused>
    readonly releaseJobs: (leases: ReadonlyArray<WorkerRpc.LeaseRef>) => Effect.Effect<number, Refused>
    readonly heartbeat: (
      payload: Payload<"Heartbeat">
    ) => Effect.Effect<{ readonly serverVersion: string }, Refused | Unsupported>
  }
>()("@openseer/worker-sdk/ControlPlane") {
  /** The control plane at a base URL like `https://openseer.example.com`. */
  static readonly layer = (url: string): Layer.Layer<ControlPlane> => Layer.effect(ControlPlane, make(url))
}

/** What is noted about one HTTP exchange where it happens, before and after any encoding and decoding. */
interface Exchange {
  sentAt: number
  receivedAt: number
  status: number | undefined
  retryAfterMs: number | undefined
}

const CurrentExchange = Context.Reference<Exchange | undefined>("@openseer/worker-sdk/ControlPlane/Exchange", {
  defaultValue: () => undefined
})

const make = Effect.fnUntraced(function* (url: string) {
  let token: Redacted.Redacted | undefined
  const reached = Latch.makeUnsafe()
  const client: Client = yield* makeClient(url, () => token)

  return ControlPlane.of({
    url,
    reached: reached.await,
    useToken: (next) => {
      token = next
    },
    enroll: (payload) => exchange(reached, () => client.Enroll(payload)).pipe(Effect.map(({ value }) => value)),
    getJobs: (payload) =>
      exchange(reached, () => client.GetJobs(payload), payload.waitMs).pipe(
        Effect.map(({ receivedAt, sentAt, value }) => ({ ...value, sentAt, receivedAt }))
      ),
    submitResult: (submissions) =>
      exchange(reached, () => client.SubmitResult({ submissions })).pipe(Effect.map(({ value }) => value)),
    renewLease: (leases) =>
      exchange(reached, () => client.RenewLease({ leases })).pipe(
        Effect.map(({ sentAt, value }) => ({ leases: value, sentAt }))
      ),
    releaseJobs: (leases) =>
      exchange(reached, () => client.ReleaseJobs({ leases })).pipe(Effect.map(({ value }) => value.released)),
    heartbeat: (payload) => exchange(reached, () => client.Heartbeat(payload)).pipe(Effect.map(({ value }) => value))
  })
})

const makeClient = (
  url: string,
  token: () => Redacted.Redacted | undefined
): Effect.Effect<Client, never, Scope.Scope> =>
  RpcClient.make(WorkerRpc.WorkerRpc).pipe(
    Effect.provide(
      Layer.mergeAll(
        RpcMiddleware.layerClient(WorkerAuth.WorkerAuth, ({ next, request }) => {
          const current = token()
          if (current === undefined) return next(request)
          const headers = Headers.set(request.headers, "authorization", `Bearer ${Redacted.value(current)}`)
          return next({ ...request, headers })
        }),
        RpcClient.layerProtocolHttp({ url: `${url.replace(/\/+$/, "")}/rpc/worker`, transformClient: noting }).pipe(
          Layer.provide(RpcSerialization.layerJson),
          Layer.provide(FetchHttpClient.layer),
          // A redirect would carry the token, which is in the body, to wherever it points.
          Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" }))
        )
      )
    )
  )

const noting = <E, R>(client: HttpClient.HttpClient.With<E, R>): HttpClient.HttpClient.With<E, R> =>
  HttpClient.transformResponse(client, (send) =>
    Effect.gen(function* () {
      const noted = yield* CurrentExchange
      if (noted === undefined) return yield* send
      noted.sentAt = performance.now()
      const response = yield* send
      noted.receivedAt = performance.now()
      noted.status = response.status
      noted.retryAfterMs = retryAfterMs(response.headers["retry-after"])
      return response
    })
  )

/** `Retry-After` in seconds; the form with a date would need a common clock and is not read. */
const retryAfterMs = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : undefined

/** Failures that waiting mends. */
type Passing = RpcClientError.RpcClientError | WorkerAuth.ControlPlaneBusy

const exchange = <A, E extends { readonly _tag: string }>(
  reached: Latch.Latch,
  call: () => Effect.Effect<A, E>,
  waitMs = 0
): Effect.Effect<
  { readonly value: A; readonly sentAt: number; readonly receivedAt: number },
  Exclude<E, Passing> | ControlPlaneUnavailable
> =>
  Effect.suspend(() => {
    const noted: Exchange = { sentAt: performance.now(), receivedAt: 0, status: undefined, retryAfterMs: undefined }
    return Effect.suspend(call).pipe(
      Effect.provideService(CurrentExchange, noted),
      Effect.tap(reached.release),
      Effect.map((value) => ({ value, sentAt: noted.sentAt, receivedAt: noted.receivedAt })),
      Effect.catch((error) =>
        Effect.fail(
          isPassing(error)
            ? error._tag === "ControlPlaneBusy"
              ? new ControlPlaneUnavailable({ message: error.message, retryAfterMs: error.retryAfterMs, isAway: false })
              : unavailable(noted, error)
            : (error as Exclude<E, Passing>)
        )
      ),
      // The server masks its defects; ours (a value that does not encode) are worth the message.
      Effect.catchDefect((defect) => Effect.fail(unavailable(noted, defect))),
      Effect.timeoutOrElse({
        duration: waitMs + callMsMax,
        orElse: () =>
          Effect.fail(
            new ControlPlaneUnavailable({
              message: `the control plane did not answer in ${waitMs + callMsMax} ms`,
              isAway: true
            })
          )
      })
    )
  })

const isPassing = (error: { readonly _tag: string }): error is Passing =>
  error._tag === "RpcClientError" || error._tag === "ControlPlaneBusy"

/** What a proxy answers that has no control plane to ask. */
const proxyStatuses = new Set([502, 503, 504])

const unavailable = (noted: Exchange, error: unknown): ControlPlaneUnavailable =>
  new ControlPlaneUnavailable({
    message:
      noted.status === undefined
        ? `the control plane cannot be reached${systemCode(error)}`
        : noted.status !== 200
          ? `the control plane answered HTTP ${noted.status}`
          : `the control plane gave no usable answer: ${error instanceof Error ? error.message : String(error)}`,
    isAway: noted.retryAfterMs === undefined && (noted.status === undefined || proxyStatuses.has(noted.status)),
    ...(noted.retryAfterMs === undefined ? {} : { retryAfterMs: noted.retryAfterMs })
  })

/** The code of the system error at the end of a chain of causes, like ECONNREFUSED. Nothing else of it is printed. */
const systemCode = (error: unknown, depth = 0): string => {
  if (typeof error !== "object" || error === null || depth > 5) return ""
  if ("code" in error && typeof error.code === "string") return ` (${error.code})`
  return systemCode("reason" in error ? error.reason : "cause" in error ? error.cause : undefined, depth + 1)
}
