/**
 * Changing many monitors: in parts, each of which may fail on its own.
 */
import type { BulkChange, BulkFailure } from "@openseer/core/contract/MonitorsApi"
import { problemOf } from "~/api/ApiProblem.ts"
import { changeMonitors, getWall } from "~/api/Rows.ts"
import { count, counted } from "~/charts/Quantity.ts"
import { type Filter, withoutOrder } from "~/monitors/Filter.ts"

/** As many as the API takes at once. */
const partMax = 500

/** What came of it. With a `problem` it ended early: what was changed until then is. */
export interface BulkOutcome {
  readonly changed: number
  readonly failed: ReadonlyArray<BulkFailure>
  readonly problem?: string
}

/** Changes all of them, one part after the other, and tells how far it is. */
export const changeAll = async (
  ids: ReadonlyArray<string>,
  change: BulkChange,
  tell: (done: number, all: number) => void
): Promise<BulkOutcome> => {
  let changed = 0
  const failed: Array<BulkFailure> = []
  for (let from = 0; from < ids.length; from += partMax) {
    try {
      const answer = await changeMonitors(ids.slice(from, from + partMax), change)
      changed += answer.changed
      failed.push(...answer.failed)
    } catch (error) {
      const { detail, errors, title } = problemOf(error)
      return { changed, failed, problem: errors?.map(({ message }) => message).join("; ") ?? detail ?? title }
    }
    tell(Math.min(from + partMax, ids.length), ids.length)
  }
  return { changed, failed }
}

/** The ids of all monitors that a filter leaves. */
export const matchingIds = async (filter: Filter): Promise<ReadonlyArray<string>> =>
  (await getWall(withoutOrder(filter))).ids

/** What was done: "Paused 12 monitors". */
export const bulkWords = (change: BulkChange, changed: number): string => {
  const monitors = counted(changed, "monitor")
  if (change.action === "pause") return `Paused ${monitors}`
  if (change.action === "resume") return `Resumed ${monitors}`
  if (change.action === "remove") return `Deleted ${monitors}`
  return `Changed ${monitors}`
}

const namedMax = 2

/** What was not done, by cause: "3 monitors stayed as before. shop, docs and 1 more: runs in one region only". */
export const failureWords = (
  failed: ReadonlyArray<BulkFailure>,
  nameOf: (id: string) => string | undefined
): string => {
  const causes = Object.entries(Object.groupBy(failed, ({ message }) => message)).map(([message, some = []]) => {
    const names = some.flatMap(({ id }) => nameOf(id) ?? []).slice(0, namedMax)
    if (names.length === 0) return some.length === failed.length ? message : `${count(some.length)}: ${message}`
    const more = some.length - names.length
    return `${names.join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}: ${message}`
  })
  return `${counted(failed.length, "monitor")} stayed as before. ${causes.join("; ")}`
}
