/**
 * What the benchmark and a job system agree on.
 *
 * A contestant gets an empty database, prepares it, fills its queue, and hands the draining of that queue to
 * `measure`. Everything outside of `measure` is neither timed nor counted.
 */

/** What one measured window cost. */
export interface RoundResult {
  /** Jobs that were done in the window. */
  readonly jobs: number
  /** Wall clock, in seconds, monotonic. */
  readonly seconds: number
  /** CPU (user and system) of this Node process, in milliseconds. */
  readonly nodeCpuMs: number
  /** CPU of the postmaster and all its children, in milliseconds; null when the server is on another machine. */
  readonly postgresCpuMs: number | null
  /** Bytes of write-ahead log that the whole server wrote. */
  readonly walBytes: number
  /** Tables, indexes and TOAST of the contestant's database before the window, in bytes. */
  readonly tableBytesBefore: number
  /** The same, after the window. */
  readonly tableBytesAfter: number
  /** Cores that anything else on this machine kept busy meanwhile: the noise; null as for `postgresCpuMs`. */
  readonly otherCores: number | null
}

/** What a contestant gets for one round. */
export interface Context {
  /** An empty database of its own, owned by the user in the URL. */
  readonly databaseUrl: string
  /** How many jobs to run. */
  readonly jobs: number
  /**
   * Runs `drain` and measures it. `drain` starts with every job waiting in the database and returns when the
   * database says that all of them are done.
   */
  readonly measure: (drain: () => Promise<void>) => Promise<RoundResult>
}

/** One job system in the race. Rejects when it did not run every job. */
export interface Contestant {
  /** Name and version, as printed. */
  readonly name: string
  readonly run: (context: Context) => Promise<RoundResult>
}

/** Throws unless `done`, the number of jobs found to be done, is the number that was asked for. */
export const assertAllDone = (name: string, done: number, jobs: number): void => {
  if (done !== jobs) throw new Error(`${name}: ${done} of ${jobs} jobs were done`)
}
