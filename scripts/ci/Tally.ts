/**
 * What passed and what failed in a step of CI.
 */

/** Numbers of tests, examples or checks. */
export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** What is left of a finished step. */
export interface Step {
  readonly succeeded: boolean
  /** vitest's JSON report. */
  readonly report?: string | undefined
  /** Everything it printed; the last line may be `N passed, N failed`. */
  readonly log?: string | undefined
}

/**
 * Counts one step. A step that counts nothing is one check; one that failed without counting a failure (a crash, an
 * unhandled error) failed once more. A skipped test failed: it proved nothing.
 */
export const ofStep = ({ log = "", report, succeeded }: Step): Tally => {
  const { failed, passed } = (report ? ofReport(report) : ofLastLine(log)) ?? { passed: succeeded ? 1 : 0, failed: 0 }
  return { passed, failed: succeeded ? failed : Math.max(failed, 1) }
}

/** Adds up. */
export const sum = (tallies: ReadonlyArray<Tally>): Tally => ({
  passed: tallies.reduce((total, { passed }) => total + passed, 0),
  failed: tallies.reduce((total, { failed }) => total + failed, 0)
})

const ofReport = (report: string): Tally | undefined => {
  const { numPassedTests: passed, numTotalTests: total } = JSON.parse(report) as Readonly<Record<string, number>>
  return passed === undefined || total === undefined ? undefined : { passed, failed: total - passed }
}

const ofLastLine = (log: string): Tally | undefined => {
  const line = /^(\d+) passed, (\d+) failed$/.exec(log.trimEnd().split("\n").at(-1) ?? "")
  return line ? { passed: Number(line[1]), failed: Number(line[2]) } : undefined
}
