/**
 * What is wrong with a monitor, in words.
 */
import type { AttentionMonitor } from "@openseer/core/contract/ResultsApi"
import { counted } from "~/charts/Quantity.ts"
import { reasonWords } from "~/checks/ReasonWords.ts"

/** A monitor of the overview, as far as words need it. */
export type Wrong = Pick<AttentionMonitor, "state" | "regions"> & { readonly regionsTotal?: number }

const causesShown = 2
const regionsNamed = 3

/** Why, as the API gives it, each cause once and the worst regions first. */
export const causes = ({ regions }: Wrong): ReadonlyArray<string> => {
  const worst = regions.toSorted((a, b) => Number(b.state === "down") - Number(a.state === "down"))
  const found = new Set(
    worst.flatMap(({ message, reason }) => message ?? (reason === undefined ? [] : reasonWords(reason)))
  )
  return [...found].slice(0, causesShown)
}

/** Where: "2 of 3 regions: eu-central-1, us-east-1", "all 3 regions", "eu-central-1" when it is the only one. */
export const failingRegions = ({ regions, regionsTotal }: Wrong): { readonly count: number; readonly text: string } => {
  const names = regions.map(({ region }) => region)
  const more = names.length - regionsNamed
  const named = names.slice(0, regionsNamed).join(", ") + (more > 0 ? ` and ${more} more` : "")
  const count = names.length
  if (count === 0) return { count, text: "no region tells" }
  if (count === 1 && (regionsTotal ?? 1) === 1) return { count, text: named }
  if (regionsTotal === undefined) return { count, text: `${counted(count, "region")}: ${named}` }
  if (count === regionsTotal) return { count, text: `all ${count} regions` }
  return { count, text: `${count} of ${counted(regionsTotal, "region")}: ${named}` }
}
