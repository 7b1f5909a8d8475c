/** Turns the rounds of `checks.ts` into tables: every window, the medians, and the ratios with what they aim at. */
import { median, table } from "../Table.ts"
import type { Window } from "./Load.ts"
import type { Scheme } from "./Nginx.ts"

/** One window of one contestant. */
export interface Row extends Window {
  /** Counted from 1. */
  readonly round: number
  readonly scheme: Scheme
  readonly load: "saturated" | "paced"
  readonly contestant: string
  /** Of the last minute when the window began; the bench itself is part of it. */
  readonly loadAverage: number
  readonly rssMb: number
}

/** One contestant under one load. All numbers are medians over the rounds. */
export interface Summary {
  readonly scheme: Scheme
  readonly load: Row["load"]
  readonly contestant: string
  /** Milliseconds of CPU per 1,000 checks. */
  readonly cpuMs: number
  /** Checks that one core could make in a second of CPU. */
  readonly perCoreSecond: number
  readonly rssMb: number
  /** CPU of the first contestant divided by that of this one, in the same round. */
  readonly oursToTheirs: number
}

/** What the ratio to a contestant should be at most, saturated. */
const aims: Readonly<Record<Scheme, Readonly<Record<string, number>>>> = {
  http: { blackbox_exporter: 0.45 },
  https: { blackbox_exporter: 0.75, "node:http(s)": 0.65 }
}

const ours = "OpenSeer"

/** The medians, in the order of schemes, loads and costs. */
export const summarize = (rows: ReadonlyArray<Row>): ReadonlyArray<Summary> =>
  (["http", "https"] as const).flatMap((scheme) =>
    (["saturated", "paced"] as const).flatMap((load) => {
      const here = rows.filter((row) => row.scheme === scheme && row.load === load)
      const names = [...new Set(here.map(({ contestant }) => contestant))]
      return names
        .map((contestant): Summary => {
          const own = here.filter((row) => row.contestant === contestant)
          const ratios = own.flatMap((row) =>
            here
              .filter((other) => other.contestant === ours && other.round === row.round)
              .map((other) => cpuPerThousand(other) / cpuPerThousand(row))
          )
          const cpuMs = median(own.map(cpuPerThousand))
          const rssMb = median(own.map((row) => row.rssMb))
          return { scheme, load, contestant, cpuMs, perCoreSecond: 1e6 / cpuMs, rssMb, oursToTheirs: median(ratios) }
        })
        .toSorted((a, b) => a.cpuMs - b.cpuMs)
    })
  )

/** The report for people. */
export const render = (rows: ReadonlyArray<Row>, summaries: ReadonlyArray<Summary>): string =>
  [
    table(
      ["round", "target", "load", "contestant", "checks", "s", "checks/s", "CPU ms/1k", "cores", "failed", "load avg"],
      rows.map((row) => [
        String(row.round),
        row.scheme,
        row.load,
        row.contestant,
        String(row.checks),
        row.seconds.toFixed(2),
        (row.checks / row.seconds).toFixed(0),
        cpuPerThousand(row).toFixed(0),
        (row.cpuMs / 1_000 / row.seconds).toFixed(2),
        row.failed === 0 ? "0" : `${row.failed}: ${row.problem?.replaceAll(/\s+/g, " ").slice(0, 60)}`,
        row.loadAverage.toFixed(1)
      ])
    ),
    "",
    table(
      ["median of rounds", "load", "contestant", "CPU ms/1k", "checks/s a core", "RSS MB", "ours / theirs", "aim"],
      summaries.map((summary) => [
        summary.scheme,
        summary.load,
        summary.contestant,
        summary.cpuMs.toFixed(0),
        summary.perCoreSecond.toFixed(0),
        summary.rssMb.toFixed(0),
        Number.isNaN(summary.oursToTheirs) ? "-" : summary.oursToTheirs.toFixed(2),
        aimOf(summary)
      ])
    )
  ].join("\n")

const aimOf = ({ contestant, load, oursToTheirs, scheme }: Summary): string => {
  const aim = load === "saturated" ? aims[scheme][contestant] : undefined
  if (aim === undefined || Number.isNaN(oursToTheirs)) return ""
  return `<= ${aim.toFixed(2)}: ${oursToTheirs <= aim ? "met" : "missed"}`
}

const cpuPerThousand = (row: Row): number => (row.cpuMs / row.checks) * 1_000
