/**
 * The log of a monitor's runs as a page has it: read, told live, and older ones asked for; newest first, each once.
 */
import type { NewResult } from "@openseer/core/contract/EventsApi"
import type { Result } from "@openseer/core/contract/ResultsApi"

/** What the log is narrowed to. */
export interface RunFilter {
  readonly outcome?: string
  readonly region?: string
}

/** Whether a result belongs to a log. */
export const belongs = (result: Result, { outcome, region }: RunFilter): boolean =>
  (outcome === undefined || result.outcome === outcome) && (region === undefined || result.region === region)

/** The newest run that belongs to a log, of results that may still be those of another one. */
export const newest = (results: ReadonlyArray<Result>, filter: RunFilter): string | undefined =>
  results.find((result) => belongs(result, filter))?.runId

/** Several lists as one. Of a run that is in two of them the first one counts. */
export const merged = (...lists: ReadonlyArray<ReadonlyArray<Result>>): ReadonlyArray<Result> => {
  const known = new Set<string>()
  const all: Array<Result> = []
  for (const result of lists.flat()) {
    if (known.has(result.runId)) continue
    known.add(result.runId)
    all.push(result)
  }
  return all.toSorted((a, b) => b.dueAt.localeCompare(a.dueAt))
}

/** A result as the stream tells it, without the monitor that all of them are of. */
export const ofEvent = ({ monitorId: _, ...result }: NewResult): Result => result

/** Where and when the run with an id was: `mon_…:region:milliseconds`. */
export const whereOf = (
  runId: string
): { readonly region: string; readonly from: string; readonly to: string } | undefined => {
  const [, region, at] = /^[^:]+:([^:]+):(\d{1,15})$/.exec(runId) ?? []
  const ms = Number(at)
  if (region === undefined || !(ms > 0 && ms < 8.64e15)) return undefined
  return { region, from: new Date(ms).toISOString(), to: new Date(ms + 1).toISOString() }
}

/** The end of the axis for the bars of a log: most runs fit, and a few long ones don't make all others invisible. */
export const axisOf = (results: ReadonlyArray<Result>): number => {
  const totals = results.map(({ totalUs }) => totalUs).toSorted((a, b) => a - b)
  return totals[Math.min(totals.length - 1, Math.floor(totals.length * 0.95))] ?? 0
}
