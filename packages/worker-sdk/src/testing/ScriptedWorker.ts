/**
 * A worker in front of a scripted control plane, and jobs for it: what tests of a worker are made of.
 */
import type { WorkerRpc } from "@openseer/core"
import { Effect, Redacted } from "effect"
import type { ExecutedRun, Executors } from "../execute/Executors.ts"
import { make, type WorkerSettings } from "../Worker.ts"
import type * as Scripted from "./ScriptedControlPlane.ts"

/** An observed run in which all is well and nothing took time. */
export const up: ExecutedRun = {
  outcome: "up",
  errorBoundUs: 0,
  observation: { totalUs: 0, phases: { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 } }
}

/** Executes the check type `test`, given the number of the member from 1. */
export const executors = (execute: (monitorKey: number) => Effect.Effect<ExecutedRun>): Executors => ({
  checkTypes: [{ kind: "test", version: 1 }],
  prepare: (_, { spec }) => execute((spec as { readonly monitorKey: number }).monitorKey)
})

let leaseIds = 0

/** A job due in `dueInMs` with `size` members, one every `spreadMs`. */
export const job = (options: {
  readonly jobId?: number
  readonly dueInMs: number
  readonly size?: number
  readonly spreadMs?: number
  readonly timeoutMs?: number
  readonly leaseMs?: number
  readonly latenessMaxMs?: number
  readonly intervalMs?: number
}): WorkerRpc.Job => ({
  jobId: options.jobId ?? 1,
  oneOff: false,
  leaseId: ++leaseIds,
  version: 1,
  checkType: { kind: "test", version: 1 },
  regionName: "test-1",
  tickAt: 1_800_000_000_000,
  dueInMs: options.dueInMs,
  intervalMs: options.intervalMs ?? 10_000,
  leaseMs: options.leaseMs ?? 30_000,
  latenessMaxMs: options.latenessMaxMs ?? 10_000,
  members: Array.from({ length: options.size ?? 1 }, (_, i) => ({
    monitorKey: i + 1,
    monitorId: `monitor-${i + 1}`,
    offsetMs: i * (options.spreadMs ?? 0),
    timeoutMs: options.timeoutMs ?? 1_000,
    spec: { monitorKey: i + 1 },
    assertions: []
  }))
})

/** Answers each `GetJobs` with the next of these lists, then with nothing. */
export const inTurn = (answers: ReadonlyArray<ReadonlyArray<WorkerRpc.Job>>): Scripted.Script["getJobs"] => {
  const rest = [...answers]
  return ({ waitMs }) =>
    Effect.suspend(() => {
      const next = rest.shift()
      return next === undefined ? Effect.as(Effect.sleep(waitMs), []) : Effect.succeed(next)
    })
}

/** Waits for a condition; what it was is in the failure. */
export const until = (what: string, condition: () => boolean) =>
  Effect.sleep(5).pipe(
    Effect.repeat({ while: () => !condition() }),
    Effect.timeoutOrElse({ duration: 8_000, orElse: () => Effect.die(new Error(`not within 8 s: ${what}`)) })
  )

/** Options of a worker that polls often and drains fast. */
export const options = (url: string) => ({
  controlPlane: url,
  enrollmentToken: Redacted.make("osen_test"),
  name: "test",
  drainMs: 1_000,
  waitMs: 500
})

/** The results of submissions, in order. */
export const resultsOf = (submissions: ReadonlyArray<WorkerRpc.Submission>) =>
  submissions.flatMap(({ results }) => results as ReadonlyArray<WorkerRpc.RunResult>)

/** Starts a worker; it drains when the scope closes. */
export const start = (url: string, execute: Parameters<typeof executors>[0], own: Partial<WorkerSettings> = {}) =>
  make({ ...options(url), ...own }, executors(execute))

/** A run that never ends by itself. */
export const hanging = (onStop: () => void) => Effect.onInterrupt(Effect.never, () => Effect.sync(onStop))

/** The leases that a call names. */
export const leasesOf = (payload: unknown) => (payload as { readonly leases: ReadonlyArray<WorkerRpc.LeaseRef> }).leases

/** The leases that a worker gave back, in order. */
export const released = (server: Scripted.ScriptedControlPlane) =>
  server.callsOf("ReleaseJobs").flatMap(({ payload }) => leasesOf(payload))
