/**
 * The identity of a run: (monitor, region, due instant), written as one text.
 */
import type { MonitorId } from "../accounts/Id.ts"
import type { RegionName } from "../monitor/Region.ts"

/**
 * The identity of a run. `dueAt` is in milliseconds since the epoch.
 *
 * @example
 * ```ts
 * import { RunId } from "@openseer/core"
 * RunId.make("mon_0123456789abcdefghij", "us-east-1", 1_763_869_500_123)
 * // "mon_0123456789abcdefghij:us-east-1:1763869500123"
 * ```
 */
export const make = (monitorId: MonitorId, region: RegionName, dueAt: number): string =>
  `${monitorId}:${region}:${dueAt}`
