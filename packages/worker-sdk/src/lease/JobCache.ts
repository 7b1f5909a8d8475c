/**
 * The members of jobs that this worker executed before, ready to run: a job's next tick then travels without them.
 */
import type { WorkerRpc } from "@openseer/core"
import type { JobWithMembers } from "./LeaseRunner.ts"

/** The most job versions that are kept; also the most that `GetJobs` may name. */
export const versionsMax = 5_000

interface Entry<Run> {
  readonly version: number
  readonly runs: ReadonlyArray<Run>
  /** When this job's next tick may be handed out again, in milliseconds of the monotonic clock. */
  readonly nextDueAt: number
}

/** Members by job, the least recently granted forgotten first. */
export class JobCache<Run> {
  readonly #prepare: (job: JobWithMembers) => ReadonlyArray<Run>
  readonly #onForget: (jobIds: ReadonlyArray<number>) => void
  readonly #entries = new Map<number, Entry<Run>>()

  /** `onForget` is told of jobs that were put out of the memory, not of versions that were replaced. */
  constructor(options: {
    readonly prepare: (job: JobWithMembers) => ReadonlyArray<Run>
    readonly onForget: (jobIds: ReadonlyArray<number>) => void
  }) {
    this.#prepare = options.prepare
    this.#onForget = options.onForget
  }

  /**
   * The runs of a granted job whose tick is due at `dueAt`, from its members or from memory. Undefined when it came
   * without members and is not known (any more).
   */
  runsOf(job: WorkerRpc.Job, dueAt: number): ReadonlyArray<Run> | undefined {
    const known = job.oneOff ? undefined : this.#entries.get(job.jobId)
    const runs = hasMembers(job) ? this.#prepare(job) : known?.version === job.version ? known.runs : undefined
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
    const over = [...this.#entries.keys()].slice(0, Math.max(0, this.#entries.size - versionsMax))
    if (over.length === 0) return
    this.#delete(over)
    this.#onForget(over)
  }

  /** Forgets jobs whose runs are no longer ready, because the process that had them is gone. */
  lose(isLost: (jobId: number) => boolean): void {
    this.#delete([...this.#entries.keys()].filter(isLost))
  }

  #delete(jobIds: ReadonlyArray<number>): void {
    for (const jobId of jobIds) this.#entries.delete(jobId)
  }
}

const hasMembers = (job: WorkerRpc.Job): job is JobWithMembers => job.members !== undefined
