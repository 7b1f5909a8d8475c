/**
 * A member of a job, ready to run any number of times.
 */
import type { CheckType, WorkerRpc } from "@openseer/core"
import type { Effect } from "effect"
import type { ExecutedRun, Executors } from "../execute/Executors.ts"

/** What a lease needs to know of a member to plan its runs. */
export interface MemberRun {
  readonly monitorKey: number
  readonly offsetMs: number
  readonly timeoutMs: number
}

/** A member of a job, ready to run in this process. */
export interface PreparedRun extends MemberRun {
  readonly monitorId: string
  readonly execute: Effect.Effect<ExecutedRun>
}

/** Prepares members of a job. Their specs are decoded on their first run. */
export const of = (
  executors: Executors,
  checkType: CheckType.CheckTypeRef,
  members: ReadonlyArray<WorkerRpc.JobMember>
): ReadonlyArray<PreparedRun> =>
  members.map((member) => ({
    monitorKey: member.monitorKey,
    monitorId: member.monitorId,
    offsetMs: member.offsetMs,
    timeoutMs: member.timeoutMs,
    execute: executors.prepare(checkType, member)
  }))
