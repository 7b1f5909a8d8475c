/**
 * Who this worker is: the worker token that enrollment gave it, kept in a file so that it enrolls once.
 *
 * The file belongs to one control plane and one region; a token is never sent to another control plane. It is written
 * whole or not at all (temporary file, fsync, rename) and readable by its owner alone (mode 0600). It is made before
 * the enrollment token is spent, because a token that cannot be kept should not be asked for.
 */
import { Region, type WorkerAuth, WorkerRpc } from "@openseer/core"
import { Context, Effect, FileSystem, Option, Path, Redacted, Schema, Semaphore } from "effect"
import * as Backoff from "./Backoff.ts"
import { ControlPlane, type ControlPlaneUnavailable } from "./ControlPlane.ts"
import { WorkerStopped } from "./WorkerStopped.ts"

/** What the token file holds. */
export const KeptToken = Schema.Struct({
  controlPlaneUrl: Schema.String,
  workerId: Schema.String,
  regionName: Region.RegionName,
  token: Schema.RedactedFromValue(Schema.String)
})
export type KeptToken = typeof KeptToken.Type

/**
 * How a worker gets its token. Without `tokenFile` it enrolls at each start. `regionName` is needed with a cluster
 * token only. `reenroll` enrolls again when the control plane no longer knows the token.
 */
export interface WorkerTokenOptions {
  readonly enrollmentToken?: Redacted.Redacted
  readonly tokenFile?: string
  readonly regionName?: string
  readonly reenroll?: boolean
  readonly name: string
  readonly version: string
}

type CallFailure = ControlPlaneUnavailable | WorkerAuth.WorkerUnauthorized | WorkerRpc.ProtocolUnsupported

/** The worker's identity at its control plane. */
export class WorkerToken extends Context.Service<
  WorkerToken,
  {
    readonly workerId: () => string
    readonly regionName: () => string
    /**
     * Makes a call with the token. A refused token is replaced once (`reenroll`) and the call repeated; all that
     * trying again cannot mend becomes {@link WorkerStopped}.
     */
    readonly authorized: <A>(
      call: Effect.Effect<A, CallFailure>
    ) => Effect.Effect<A, ControlPlaneUnavailable | WorkerStopped>
  }
>()("@openseer/worker-sdk/WorkerToken") {
  /** Reads the kept token or enrolls, waiting for the control plane as long as it takes. */
  static readonly make = Effect.fn("WorkerToken.make")(function* (options: WorkerTokenOptions) {
    const controlPlane = yield* ControlPlane
    const context = yield* Effect.context<ControlPlane | FileSystem.FileSystem | Path.Path>()
    const kept = yield* readKept(options, controlPlane.url)
    let current = Option.isSome(kept) ? kept.value : yield* enroll(options)
    controlPlane.useToken(current.token)
    const oneAtATime = yield* Semaphore.make(1)

    const replace = (refused: KeptToken) =>
      oneAtATime.withPermit(
        Effect.gen(function* () {
          if (current !== refused) return
          if (options.reenroll !== true) return yield* unauthorized(options)
          yield* Effect.logWarning("the control plane does not know this worker's token, enrolling again")
          current = yield* enroll(options)
          controlPlane.useToken(current.token)
        }).pipe(Effect.provideContext(context))
      )

    return WorkerToken.of({
      workerId: () => current.workerId,
      regionName: () => current.regionName,
      authorized: (call) =>
        Effect.suspend(() => {
          const used = current
          return call.pipe(
            Effect.catchTag("WorkerUnauthorized", () => Effect.andThen(replace(used), call)),
            Effect.catchTag("WorkerUnauthorized", () => unauthorized(options)),
            Effect.catchTag("ProtocolUnsupported", unsupported)
          )
        })
    })
  })
}

/** The token kept in the file, when it is one of this control plane and region. */
const readKept = Effect.fn("WorkerToken.readKept")(function* (options: WorkerTokenOptions, controlPlaneUrl: string) {
  if (options.tokenFile === undefined) return Option.none<KeptToken>()
  const fs = yield* FileSystem.FileSystem
  const file = options.tokenFile
  const text = yield* fs.readFileString(file).pipe(
    Effect.asSome,
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone),
    Effect.mapError((error) => fileProblem(file, "cannot be read", error.message))
  )
  if (Option.isNone(text)) return Option.none<KeptToken>()
  const kept = yield* Schema.decodeUnknownEffect(Schema.fromJsonString(KeptToken))(text.value).pipe(
    // The parser's message would quote the file, and with it the token.
    Effect.mapError(() => fileProblem(file, "is not a worker token file", "remove it to enroll again"))
  )
  const problem =
    kept.controlPlaneUrl !== controlPlaneUrl
      ? `it belongs to the control plane ${kept.controlPlaneUrl}, not ${controlPlaneUrl}`
      : options.regionName !== undefined && kept.regionName !== options.regionName
        ? `it belongs to the region ${kept.regionName}, not ${options.regionName}`
        : undefined
  if (problem === undefined) {
    yield* Effect.logInfo(`enrolled before: the token in ${file} is used, and no enrollment token`).pipe(
      Effect.annotateLogs({ workerId: kept.workerId, regionName: kept.regionName })
    )
    return Option.some(kept)
  }
  if (options.enrollmentToken === undefined) {
    return yield* fileProblem(file, "does not fit", `${problem}; give an enrollment token or another file`)
  }
  yield* Effect.logWarning(`the token in ${file} is not used, enrolling: ${problem}`)
  return Option.none<KeptToken>()
})

const enroll = Effect.fn("WorkerToken.enroll")(function* (options: WorkerTokenOptions) {
  const controlPlane = yield* ControlPlane
  const { enrollmentToken } = options
  if (enrollmentToken === undefined) {
    return yield* new WorkerStopped({
      reason: "enrollment_refused",
      message:
        "this worker is not enrolled and has no enrollment token: make one with `openseer token create` and give it as " +
        "OPENSEER_ENROLLMENT_TOKEN, or set OPENSEER_CLUSTER_TOKEN and OPENSEER_REGION"
    })
  }
  const ask = Backoff.untilAvailable(
    controlPlane.reached,
    "enrollment",
    controlPlane.enroll({
      protocol: WorkerRpc.protocolVersion,
      token: Redacted.value(enrollmentToken),
      name: options.name,
      version: options.version,
      ...(options.regionName === undefined ? {} : { regionName: options.regionName })
    })
  ).pipe(
    Effect.catchTag("EnrollmentRefused", ({ message }) =>
      Effect.fail(
        new WorkerStopped({
          reason: "enrollment_refused",
          message: `the control plane refused the enrollment: ${message}`
        })
      )
    ),
    Effect.catchTag("ProtocolUnsupported", unsupported),
    Effect.map(({ regionName, token, workerId }): KeptToken => ({
      controlPlaneUrl: controlPlane.url,
      workerId,
      regionName,
      token: Redacted.make(token)
    }))
  )
  const token = yield* options.tokenFile === undefined ? ask : keep(options.tokenFile, ask)
  yield* Effect.logInfo("enrolled").pipe(
    Effect.annotateLogs({ workerId: token.workerId, regionName: token.regionName })
  )
  return token
})

/** Writes what `ask` gives, having made sure beforehand that it can be written. */
const keep = <R>(file: string, ask: Effect.Effect<KeptToken, WorkerStopped, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const problem = (error: { readonly message: string }) => fileProblem(file, "cannot be written", error.message)
    const temporary = `${file}.${process.pid}.tmp`
    yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o700 }).pipe(Effect.mapError(problem))
    const handle = yield* fs.open(temporary, { flag: "w", mode: 0o600 }).pipe(Effect.mapError(problem))
    return yield* Effect.gen(function* () {
      const token = yield* ask
      const text = yield* Schema.encodeEffect(Schema.fromJsonString(KeptToken))(token).pipe(Effect.orDie)
      yield* handle.writeAll(new TextEncoder().encode(`${text}\n`)).pipe(Effect.mapError(problem))
      yield* handle.sync.pipe(Effect.mapError(problem))
      yield* fs.rename(temporary, file).pipe(Effect.mapError(problem))
      return token
    }).pipe(Effect.onError(() => Effect.ignore(fs.remove(temporary))))
  }).pipe(Effect.scoped)

const fileProblem = (file: string, what: string, why: string): WorkerStopped =>
  new WorkerStopped({ reason: "token_file", message: `the worker token file ${file} ${what}: ${why}` })

const unauthorized = (options: WorkerTokenOptions): Effect.Effect<never, WorkerStopped> =>
  Effect.fail(
    new WorkerStopped({
      reason: "unauthorized",
      message:
        "the control plane does not know this worker's token (revoked?): enroll again with OPENSEER_WORKER_REENROLL=true " +
        `and a valid enrollment token${options.tokenFile === undefined ? "" : `, or remove ${options.tokenFile}`}`
    })
  )

const unsupported = (error: WorkerRpc.ProtocolUnsupported): Effect.Effect<never, WorkerStopped> =>
  Effect.fail(
    new WorkerStopped({
      reason: "protocol_unsupported",
      message:
        `the control plane speaks worker protocol ${error.minimum} to ${error.maximum}, this worker ` +
        `${WorkerRpc.protocolVersion}: upgrade the older of the two`
    })
  )
