/**
 * The members of jobs that this worker executed before, ready to run: a job's next tick then travels without them.
 */
import type { WorkerRpc } from "@openseer/core"
import type { Effect } from "effect"
import type { ExecutedRun, Executors } from "../execute/Executors.ts"

/** The most job versions that are kept; also the most that `GetJobs` may name. */
export const versionsMax = 5_000

/** A member of a job, ready to run. */
export interface PreparedRun {
  readonly monitorKey: number
  readonly monitorId: string
  readonly offsetMs: number
  readonly timeoutMs: number
  readonly execute: Effect.Effect<ExecutedRun>
}

interface Entry {
  readonly version: number
  readonly runs: ReadonlyArray<PreparedRun>
  /** When this job's next tick may be handed out again, in milliseconds of the monotonic clock. */
  readonly nextDueAt: number
}

/** Members by job, the least recently granted forgotten first. */
export class JobCache {
  readonly #executors: Executors
  readonly #entries = new Map<number, Entry>()

  constructor(executors: Executors) {
    this.#executors = executors
  }

  /**
   * The runs of a granted job whose tick is due at `dueAt`, from its members or from memory. Undefined when it came
   * without members and is not known (any more).
   */
  runsOf(job: WorkerRpc.Job, dueAt: number): ReadonlyArray<PreparedRun> | undefined {
    const known = job.oneOff ? undefined : this.#entries.get(job.jobId)
    const runs =
      job.members?.map((member) => ({
        monitorKey: member.monitorKey,
        monitorId: member.monitorId,
        offsetMs: member.offsetMs,
        timeoutMs: member.timeoutMs,
        execute: this.#executors.prepare(job.checkType, member)
      })) ?? (known?.version === job.version ? known.runs : undefined)
    if (runs !== undefined && !job.oneOff) {
      this.#entries.delete(job.jobId)
      this.#entries.set(job.jobId, { version: job.version, runs, nextDueAt: dueAt + job.intervalMs })
    }
    return runs
  }

  /** Versions of jobs that may be granted until `until`: there is no use in naming the others. */
  known(until: number): ReadonlyArray<readonly [jobId: number, version: number]> {
    const known: Array<readonly [number, number]> = []
    for (const [jobId, { nextDueAt, version }] of this.#entries) if (nextDueAt <= until) known.push([jobId, version])
    return known
  }

  /** Forgets what is over {@link versionsMax}. Not done while an answer that relies on the memory is taken in. */
  trim(): void {
    for (const jobId of this.#entries.keys()) {
      if (this.#entries.size <= versionsMax) return
      this.#entries.delete(jobId)
    }
  }
}
