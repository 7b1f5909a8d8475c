/**
 * Monitors and what came of their checks.
 */
import type { RegionRun, RunRequest } from "@openseer/core/contract/MonitorsApi"
import type {
  LatencyQuery,
  LatencySeries,
  Overview,
  ResultsPage,
  ResultsQuery,
  Timeline,
  TimelineQuery,
  Uptime,
  UptimeQuery
} from "@openseer/core/contract/ResultsApi"
import type { Monitor } from "@openseer/core"
import { read, request, segment } from "~/api/Request.ts"

/** How everything is: counts by state, and what is not up. */
export const getOverview = read("overview", () => request<Overview>("/overview"))

/** One monitor. */
export const getMonitor = read("monitor", (id: string) => request<Monitor.Monitor>(`/monitors/${segment(id)}`))

/** A page of results of a monitor, newest first. */
export const getResults = read("results", (id: string, query: ResultsQuery) =>
  request<ResultsPage>(`/monitors/${segment(id)}/results`, { query })
)

/** Percentiles of a monitor by time. */
export const getLatency = read("latency", (id: string, query: LatencyQuery) =>
  request<LatencySeries>(`/monitors/${segment(id)}/latency`, { query })
)

/** Uptime of a monitor with its coverage. */
export const getUptime = read("uptime", (id: string, query: UptimeQuery) =>
  request<Uptime>(`/monitors/${segment(id)}/uptime`, { query })
)

/** The days of a monitor. */
export const getTimeline = read("timeline", (id: string, query: TimelineQuery) =>
  request<Timeline>(`/monitors/${segment(id)}/timeline`, { query })
)

/** Runs a monitor now. */
export const runMonitor = (id: string, body: RunRequest, signal: AbortSignal) =>
  request<{ readonly runs: ReadonlyArray<RegionRun> }>(`/monitors/${segment(id)}/run`, { method: "POST", body, signal })
