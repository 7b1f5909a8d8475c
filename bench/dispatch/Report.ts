/** Turns rounds into the printed table and the JSON document. */
import { median, table } from "../Table.ts"
import type { RoundResult } from "./Contestant.ts"

/** One round of one contestant. */
export interface Round extends RoundResult {
  readonly contestant: string
  /** Counted from 1. */
  readonly round: number
  /** The machine's load average over the last minute when the round began; the bench itself is part of it. */
  readonly loadAverage: number
}

/** One contestant over all rounds; every number is a median. */
export interface Summary {
  readonly contestant: string
  readonly jobsPerSecond: number
  /** Median over the rounds of this contestant's rate divided by the baseline's rate in the same round. */
  readonly ratio: number
  readonly nodeCpuMsPerThousand: number
  readonly postgresCpuMsPerThousand: number | null
  readonly walBytesPerThousand: number
  readonly tableBytesBefore: number
  readonly tableBytesAfter: number
}

/** The summaries in the order in which `contestants` names them; the first one named is the baseline of the ratios. */
export const summarize = (contestants: ReadonlyArray<string>, rounds: ReadonlyArray<Round>): ReadonlyArray<Summary> => {
  const baseline = rounds.filter((round) => round.contestant === contestants[0])
  return contestants.map((contestant) => {
    const own = rounds.filter((round) => round.contestant === contestant)
    const over = (value: (round: Round) => number) => median(own.map(value))
    return {
      contestant,
      jobsPerSecond: over(jobsPerSecond),
      ratio: median(
        baseline.flatMap((base) =>
          own.filter((round) => round.round === base.round).map((round) => jobsPerSecond(round) / jobsPerSecond(base))
        )
      ),
      nodeCpuMsPerThousand: over((round) => perThousand(round, round.nodeCpuMs)),
      postgresCpuMsPerThousand: own.some((round) => round.postgresCpuMs === null)
        ? null
        : over((round) => perThousand(round, round.postgresCpuMs ?? 0)),
      walBytesPerThousand: over((round) => perThousand(round, round.walBytes)),
      tableBytesBefore: over((round) => round.tableBytesBefore),
      tableBytesAfter: over((round) => round.tableBytesAfter)
    }
  })
}

/** The report for people: every round, then the medians. */
export const render = (rounds: ReadonlyArray<Round>, summaries: ReadonlyArray<Summary>): string =>
  [
    table(
      ["round", "contestant", "jobs/s", "s", "node ms/1k", "pg ms/1k", "WAL kB/1k", "tables MB", "load", "other cores"],
      rounds.map((round) => [
        String(round.round),
        round.contestant,
        whole(jobsPerSecond(round)),
        round.seconds.toFixed(2),
        perThousand(round, round.nodeCpuMs).toFixed(1),
        round.postgresCpuMs === null ? "-" : perThousand(round, round.postgresCpuMs).toFixed(1),
        kilobytes(perThousand(round, round.walBytes)),
        `${megabytes(round.tableBytesBefore)} -> ${megabytes(round.tableBytesAfter)}`,
        round.loadAverage.toFixed(2),
        round.otherCores === null ? "-" : round.otherCores.toFixed(2)
      ])
    ),
    "",
    table(
      ["median of rounds", "jobs/s", "ratio", "node ms/1k", "pg ms/1k", "WAL kB/1k", "tables MB"],
      summaries.map((summary) => [
        summary.contestant,
        whole(summary.jobsPerSecond),
        summary.ratio.toFixed(2),
        summary.nodeCpuMsPerThousand.toFixed(1),
        summary.postgresCpuMsPerThousand?.toFixed(1) ?? "-",
        kilobytes(summary.walBytesPerThousand),
        `${megabytes(summary.tableBytesBefore)} -> ${megabytes(summary.tableBytesAfter)}`
      ])
    )
  ].join("\n")

const jobsPerSecond = (round: Round): number => round.jobs / round.seconds

const perThousand = (round: Round, value: number): number => (value / round.jobs) * 1_000

const whole = (value: number): string => Math.round(value).toLocaleString("en-US")
const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(1)
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)
