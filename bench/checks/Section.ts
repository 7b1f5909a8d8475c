/** One part of a report: a table, and what its numbers were to be. */
import { table } from "../Table.ts"

/** A number with its aim. */
export interface Verdict {
  readonly what: string
  readonly value: number
  readonly atMost: number
  readonly unit: string
}

/** A part of a report. `notes` say what could not be measured, and why. */
export interface Section {
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly verdicts: ReadonlyArray<Verdict>
  readonly notes: ReadonlyArray<string>
}

/** A part that was left out. */
export const leftOut = (title: string, why: string): Section => ({
  title,
  head: [],
  rows: [],
  verdicts: [],
  notes: [`left out: ${why}`]
})

/** For people. */
export const render = ({ head, notes, rows, title, verdicts }: Section): string =>
  [
    `## ${title}`,
    ...(rows.length === 0 ? [] : [table(head, rows)]),
    ...verdicts.map(
      ({ atMost, unit, value, what }) =>
        `${what}: ${value.toFixed(2)}${unit}, aim at most ${atMost}${unit}: ${value <= atMost ? "met" : "missed"}`
    ),
    ...notes
  ].join("\n")
