/**
 * What the charts of a monitor show: columns by time.
 */
import type { Latency, LatencyQuery, LatencySeries } from "@openseer/core/contract/ResultsApi"
import type { MatrixQuery, PhaseSeries, PhasesQuery, RegionMatrix } from "@openseer/core/contract/ViewsApi"
import { read, request, segment } from "~/api/Request.ts"

/** The mean of each phase by time. */
export const getPhases = read("phases", (id: string, query: PhasesQuery) =>
  request<PhaseSeries>(`/monitors/${segment(id)}/phases`, { query })
)

/** The regions of a monitor by time. */
export const getMatrix = read("matrix", (id: string, query: MatrixQuery) =>
  request<RegionMatrix>(`/monitors/${segment(id)}/matrix`, { query })
)

/** Latency of each region over a whole range, merged and not averaged; null where the region has none. */
export const getRegionLatency = read(
  "region-latency",
  async (id: string, regions: ReadonlyArray<string>, query: LatencyQuery): Promise<Record<string, Latency>> => {
    const all = await Promise.all(
      regions.map((region) =>
        request<LatencySeries>(`/monitors/${segment(id)}/latency`, { query: { ...query, region, points: 10 } })
      )
    )
    return Object.fromEntries(regions.map((region, i) => [region, all[i]!.overall]))
  }
)
