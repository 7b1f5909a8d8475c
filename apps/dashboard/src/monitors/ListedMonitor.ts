/**
 * A monitor of the list: how it is, which is read after every event, and its past, which is five times as much to read and
 * moves on slowly.
 */
import type { MonitorRow, MonitorRowNow } from "@openseer/core/contract/ViewsApi"

/** Uptime and latency of the last days and hours. */
export type MonitorPast = Omit<MonitorRow, keyof MonitorRowNow>

/** Of one that has just come to the screen, the past is not known for a moment. */
export type ListedMonitor = MonitorRowNow & { readonly [Member in keyof MonitorPast]?: MonitorPast[Member] }

/** Whether its past is known. */
export const hasPast = (row: ListedMonitor): row is MonitorRow => row.days !== undefined

/** What was, in arrays of its own: the store writes into those it has, and two rows must not share one. */
export const pastOf = ({ coverage, days, p95Us, p95UsBefore, spark, uptime }: MonitorRow): MonitorPast => ({
  coverage,
  days: [...days],
  p95Us,
  p95UsBefore,
  spark: [...spark],
  uptime
})

/** How it is now, with the past that was read before unless it came with one. */
export const withPast = (now: ListedMonitor, known: ListedMonitor | undefined): ListedMonitor =>
  hasPast(now) || known === undefined || !hasPast(known) ? now : { ...now, ...pastOf(known) }
