/**
 * The worker protocol: one RPC group at `/rpc/worker`, batches in every direction.
 *
 * Instants travel as milliseconds since the epoch by the database's clock and are only ever handed back; what a worker
 * acts on are durations counted from the sending of the answer, so that no clock is shared.
 */
import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { FailedAssertion } from "../check/Assertion.ts"
import { CheckTypeRef } from "../check/CheckType.ts"
import { Outcome, Reason, messageLengthMax } from "../check/Judgement.ts"
import { Observation } from "../check/Observation.ts"
import { assertionsMax } from "../monitor/Monitor.ts"
import { RegionName } from "../monitor/Region.ts"
import { ControlPlaneBusy, WorkerAuth } from "./WorkerAuth.ts"

/** The protocol that this package speaks. A control plane accepts it and the one before. */
export const protocolVersion = 1

/** The oldest protocol that a control plane still accepts. */
export const protocolVersionMin = 1

/** The most results in one `SubmitResult`. */
export const submissionResultsMax = 500

/** How far ahead of its due instant a job may be handed out, in milliseconds. */
export const horizonMsMax = 5_000

/** The longest that `GetJobs` may be asked to wait for work, in milliseconds. */
export const waitMsMax = 20_000

const DurationMs = Schema.Int.check(Schema.isBetween({ minimum: -86_400_000, maximum: 86_400_000 }))
// What the database can hold: a number beyond it would fail the whole call, and not the one item.
const InstantMs = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 253_402_300_799_999 }))
const JobId = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2_147_483_647 }))
const LeaseId = Schema.Int.check(Schema.isGreaterThan(0))
const Version = Schema.String.check(Schema.isPattern(/^[\x20-\x7e]{0,64}$/))

/** The enrollment was refused. The message says why and what to do; it never says whether a token exists. */
export class EnrollmentRefused extends Schema.TaggedError<EnrollmentRefused>()("EnrollmentRefused", {
  message: Schema.String
}) {}

/** The control plane does not accept the protocol of this worker: upgrade the older of the two. */
export class ProtocolUnsupported extends Schema.TaggedError<ProtocolUnsupported>()("ProtocolUnsupported", {
  minimum: Schema.Int,
  maximum: Schema.Int,
  message: Schema.String
}) {}

/**
 * One monitor of a job: everything that a worker needs to execute it. `monitorKey` identifies it inside the job. Spec and
 * assertions are decoded by the worker, one member at a time: what it does not know makes an `error` of that run alone.
 */
export const JobMember = Schema.Struct({
  monitorKey: Schema.Int,
  monitorId: Schema.String,
  offsetMs: Schema.Int,
  timeoutMs: Schema.Int,
  spec: Schema.Json,
  assertions: Schema.Array(Schema.Json)
})
export type JobMember = typeof JobMember.Type

/**
 * The next tick of a leased job. `dueInMs` counts from the answer's sending to the tick (negative: the tick is past),
 * `leaseMs` to the end of the lease. `members` is left out when the worker said that it knows this version.
 * A run whose lateness would exceed `latenessMaxMs` must not be started. `done` names the members whose runs of this tick
 * were stored under an earlier lease.
 */
export const Job = Schema.Struct({
  jobId: JobId,
  oneOff: Schema.Boolean,
  leaseId: LeaseId,
  version: Schema.Int,
  checkType: CheckTypeRef,
  regionName: RegionName,
  tickAt: InstantMs,
  dueInMs: DurationMs,
  intervalMs: Schema.Int,
  leaseMs: DurationMs,
  latenessMaxMs: Schema.Int,
  members: Schema.optionalKey(Schema.Array(JobMember)),
  done: Schema.optionalKey(Schema.Array(Schema.Int))
})
export type Job = typeof Job.Type

/** A lease, as a worker names it. */
export const LeaseRef = Schema.Struct({ jobId: JobId, oneOff: Schema.Boolean, leaseId: LeaseId })
export type LeaseRef = typeof LeaseRef.Type

const Micros = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_147_483_647 }))

/**
 * The result of one run. `latenessUs` is the start after the due instant, `errorBoundUs` how much of `totalUs` may be
 * the worker's own event loop. `observation` is left out when nothing was observed, `failedAssertions` when all held.
 */
export const RunResult = Schema.Struct({
  monitorKey: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2_147_483_647 })),
  outcome: Outcome,
  reason: Schema.optionalKey(Reason),
  message: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(messageLengthMax))),
  latenessUs: Micros,
  errorBoundUs: Micros,
  observation: Schema.optionalKey(Observation),
  failedAssertions: Schema.optionalKey(Schema.Array(FailedAssertion).check(Schema.isMaxLength(assertionsMax)))
}).annotate({ identifier: "RunResult" })
export type RunResult = typeof RunResult.Type

/**
 * Results of one tick of one job. `final` completes the tick; runs without a result by then become a gap. `heldUs` is how
 * long the oldest of them has waited in the outbox, so that the way from due to stored is known without a common clock.
 */
export const Submission = Schema.Struct({
  jobId: JobId,
  oneOff: Schema.Boolean,
  leaseId: LeaseId,
  tickAt: InstantMs,
  final: Schema.Boolean,
  heldUs: Schema.optionalKey(Micros),
  // Decoded one by one: a bad result is refused by its index and never sinks the batch.
  results: Schema.Array(Schema.Unknown)
})
export type Submission = typeof Submission.Type

/**
 * What ingest answers for one result: `stored`, `duplicate` (was stored before), `fenced` (the lease is not the current
 * one, or the run is not of this job), `refused` (not a result; see the message). A worker drops a result on any of them.
 */
export const Verdict = Schema.Literals(["stored", "duplicate", "fenced", "refused"])
export type Verdict = typeof Verdict.Type

/** The verdicts of one submission, one a result in the same order, with the reasons of refusals by index. */
export const SubmissionVerdict = Schema.Struct({
  verdicts: Schema.Array(Verdict),
  refusals: Schema.Array(Schema.Struct({ index: Schema.Int, message: Schema.String }))
})
export type SubmissionVerdict = typeof SubmissionVerdict.Type

/** How a worker is doing, for the list of workers. */
export const WorkerHealth = Schema.Struct({
  runsStarted: Schema.Int,
  runsInFlight: Schema.Int,
  outboxDepth: Schema.Int,
  loopUtilization: Schema.Finite,
  latenessP99Us: Schema.Int
})
export type WorkerHealth = typeof WorkerHealth.Type

/** The worker protocol. All calls but `Enroll` need a worker token (`ostk_…`) as bearer. */
export class WorkerRpc extends RpcGroup.make(
  Rpc.make("GetJobs", {
    payload: {
      protocol: Schema.Int,
      /** The most runs (members of jobs) wanted. The last job may exceed it. */
      capacity: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })),
      horizonMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: horizonMsMax })),
      waitMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: waitMsMax })),
      checkTypes: Schema.Array(CheckTypeRef).check(Schema.isMaxLength(64)),
      known: Schema.Array(Schema.Tuple([JobId, Schema.Int])).check(Schema.isMaxLength(5_000))
    },
    // `servedMs` is how long the control plane had the request, from its handler's start to the answer's sending. Without
    // it, a worker could tell neither the round trip of a long poll nor the earliest end of a lease granted by one.
    success: Schema.Struct({
      jobs: Schema.Array(Job),
      servedMs: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
    }),
    error: Schema.Union([ProtocolUnsupported, ControlPlaneBusy])
  }),
  Rpc.make("SubmitResult", {
    payload: { submissions: Schema.Array(Submission).check(Schema.isMaxLength(submissionResultsMax)) },
    success: Schema.Array(SubmissionVerdict),
    error: ControlPlaneBusy
  }),
  Rpc.make("RenewLease", {
    payload: { leases: Schema.Array(LeaseRef).check(Schema.isMaxLength(1_000)) },
    success: Schema.Array(Schema.Struct({ ...LeaseRef.fields, leaseMs: DurationMs })),
    error: ControlPlaneBusy
  }),
  Rpc.make("ReleaseJobs", {
    payload: { leases: Schema.Array(LeaseRef).check(Schema.isMaxLength(1_000)) },
    success: Schema.Struct({ released: Schema.Int }),
    error: ControlPlaneBusy
  }),
  Rpc.make("Heartbeat", {
    payload: {
      protocol: Schema.Int,
      version: Version,
      checkTypes: Schema.Array(CheckTypeRef).check(Schema.isMaxLength(64)),
      health: WorkerHealth
    },
    success: Schema.Struct({ serverVersion: Schema.String }),
    error: Schema.Union([ProtocolUnsupported, ControlPlaneBusy])
  })
)
  .middleware(WorkerAuth)
  .add(
    Rpc.make("Enroll", {
      payload: {
        protocol: Schema.Int,
        token: Schema.String.check(Schema.isMaxLength(256)),
        name: Schema.NonEmptyString.check(Schema.isMaxLength(120)),
        version: Version,
        /** Only with a cluster token: an enrollment token is bound to its region. */
        regionName: Schema.optionalKey(RegionName)
      },
      success: Schema.Struct({ workerId: Schema.String, token: Schema.String, regionName: RegionName }),
      error: Schema.Union([EnrollmentRefused, ProtocolUnsupported, ControlPlaneBusy])
    })
  ) {}
