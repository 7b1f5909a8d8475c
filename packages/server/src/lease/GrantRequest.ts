/**
 * LEASE: what a worker asks for, and the limits of what it gets.
 */

/** How long a lease outlives the longest timeout of its job: the time to submit, and the worker's own margin of 2 s. */
export const leaseGraceMs = 5_000

/** The most jobs in one grant: 100 jobs are up to 10,000 runs. */
export const grantJobsMax = 100

/** What a worker asks for. */
export interface GrantRequest {
  readonly workerKey: number
  readonly regionKeys: ReadonlyArray<number>
  readonly capacity: number
  readonly horizonMs: number
  readonly checkTypes: ReadonlyArray<{ readonly kind: string; readonly version: number }>
  readonly known: ReadonlyArray<readonly [jobId: number, version: number]>
}

/** A PostgreSQL array literal of `kind@version`; kinds are letters, digits and dashes, so nothing needs quoting. */
export const kinds = (checkTypes: GrantRequest["checkTypes"]): string =>
  `{${checkTypes.map(({ kind, version }) => `${kind}@${version}`).join(",")}}`
