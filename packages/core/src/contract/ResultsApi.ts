/**
 * What came of the checks, over REST: results, latency, uptime and timeline of a monitor, and the overview of all.
 *
 * Durations are whole microseconds. Instants are ISO 8601 text, but for the columns of a series, which start at `t0` in
 * milliseconds since the epoch and are `stepMs` apart. What nobody knows is `null` or left out, never a guess.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { MonitorId } from "../accounts/Id.ts"
import { FailedAssertion } from "../check/Assertion.ts"
import { Outcome } from "../check/Judgement.ts"
import { Phases } from "../check/Observation.ts"
import { Instant, MonitorRegion } from "../monitor/Monitor.ts"
import { MonitorState } from "../monitor/MonitorState.ts"
import { RegionName } from "../monitor/Region.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"
import { Cursor } from "./MonitorsApi.ts"
import { BadRequest, NotFound } from "./Problem.ts"

/** The most results of one page. */
export const resultsLimitMax = 500

/** The results of a page that states no limit. */
export const resultsLimitDefault = 100

/** The most points of a series. */
export const pointsMax = 1_000

/** The points of a series that states no number; fewer when the range is not a multiple of a step. */
export const pointsDefault = 300

/** The most days of a timeline. */
export const timelineDaysMax = 90

/** The days of a timeline that states no number. */
export const timelineDaysDefault = 45

/** The most monitors that an overview lists by name. */
export const attentionMax = 100

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** Whether the day exists: `Date` takes the 30th of February for the 2nd of March. */
const isDay = (text: string): boolean => new Date(text.slice(0, 10)).getUTCDate() === Number(text.slice(8, 10))

/** An instant as a query parameter: ISO 8601 with a zone, `2026-01-31T09:30:00Z`. */
export const InstantParameter = Schema.String.check(
  Schema.makeFilter((text) =>
    instantPattern.test(text) && isDay(text) && !Number.isNaN(Date.parse(text))
      ? undefined
      : "must be like 2026-01-31T09:30:00Z"
  )
).annotate({ identifier: "InstantParameter", format: "date-time" })

const Count = Schema.Int
const Micros = Schema.Int
const Ratio = Schema.NullOr(Schema.Finite)

/** From when (inclusive, default 24 hours before `to`) to when (exclusive, default now), in which region (default all). */
const range = {
  from: Schema.optionalKey(InstantParameter),
  to: Schema.optionalKey(InstantParameter),
  region: Schema.optionalKey(RegionName)
}

/** Which results, and from where on. */
export const ResultsQuery = Schema.Struct({
  ...range,
  outcome: Schema.optionalKey(Outcome),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: resultsLimitMax }))),
  cursor: Schema.optionalKey(Cursor)
})
export type ResultsQuery = typeof ResultsQuery.Type

/**
 * The result of one run. `totalUs` and the phases are 0 where nothing was measured. `latenessUs` is how long after
 * `dueAt` it started, `errorBoundUs` how much of `totalUs` may be the worker's own. Of what is not up, `failedAssertions`
 * says what did not hold, and `detail` has what else was observed: the members of `Observation` that it had.
 */
export const Result = Schema.Struct({
  runId: Schema.String,
  region: RegionName,
  dueAt: Instant,
  outcome: Outcome,
  statusCode: Schema.optionalKey(Schema.Int),
  totalUs: Micros,
  phases: Phases,
  sizeBytes: Schema.Int,
  latenessUs: Micros,
  errorBoundUs: Micros,
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  failedAssertions: Schema.optionalKey(Schema.Array(FailedAssertion)),
  detail: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Json).annotate({
      description: "What else was observed: address, protocol, tls, headers, hops, dns, excerpt and so on"
    })
  )
}).annotate({ identifier: "Result" })
export type Result = typeof Result.Type

/** One page of results, newest first; without `nextCursor` it is the last one. */
export const ResultsPage = Schema.Struct({
  items: Schema.Array(Result),
  nextCursor: Schema.optionalKey(Cursor)
}).annotate({ identifier: "ResultsPage" })
export type ResultsPage = typeof ResultsPage.Type

/** Which range, and at most how many points. */
export const LatencyQuery = Schema.Struct({
  ...range,
  points: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: pointsMax })))
})
export type LatencyQuery = typeof LatencyQuery.Type

const Column = Schema.Array(Schema.NullOr(Micros))
const Counts = Schema.Array(Count)

/** Latency of a whole range: of the `n` runs that were up or degraded. Percentiles are within 1 % of the exact ones. */
export const Latency = Schema.Struct({
  p50: Schema.NullOr(Micros),
  p95: Schema.NullOr(Micros),
  p99: Schema.NullOr(Micros),
  min: Schema.NullOr(Micros),
  mean: Schema.NullOr(Micros),
  max: Schema.NullOr(Micros),
  n: Count,
  failed: Count,
  errors: Count,
  missed: Count
}).annotate({ identifier: "Latency" })
export type Latency = typeof Latency.Type

/**
 * Latency as columns of equal length: element `i` is about `[t0 + i × stepMs, t0 + (i + 1) × stepMs)`, aligned to UTC.
 * `n` runs were up or degraded and make the percentiles; `failed` were down, `errors` say nothing of the target, `missed`
 * were due and not executed. `region` is null for all together; `overall` is about the whole range, merged, not averaged.
 */
export const LatencySeries = Schema.Struct({
  t0: Schema.Int,
  stepMs: Schema.Int,
  region: Schema.NullOr(RegionName),
  p50: Column,
  p95: Column,
  p99: Column,
  min: Column,
  mean: Column,
  max: Column,
  n: Counts,
  failed: Counts,
  errors: Counts,
  missed: Counts,
  overall: Latency
}).annotate({ identifier: "LatencySeries" })
export type LatencySeries = typeof LatencySeries.Type

/** Which range, and in which region. */
export const UptimeQuery = Schema.Struct(range)
export type UptimeQuery = typeof UptimeQuery.Type

const uptime = {
  /** (up + degraded) / (up + degraded + down), 0 to 1; null when nothing was observed. */
  uptime: Ratio,
  /** (up + degraded + down) / due, 0 to 1; null when nothing was due. */
  coverage: Ratio,
  up: Count,
  degraded: Count,
  down: Count,
  error: Count,
  missed: Count
}

/** Uptime and coverage of one region. `due` counts the due instants that have ended: as results or as missed. */
export const RegionUptime = Schema.Struct({ region: RegionName, ...uptime, due: Count }).annotate({
  identifier: "RegionUptime"
})
export type RegionUptime = typeof RegionUptime.Type

/**
 * Uptime with its coverage, from counts and never from averages. `from` and `to` are what was counted: `to` is at most
 * now, and where raw results are no longer kept both are moved outwards to whole hours or days.
 */
export const Uptime = Schema.Struct({
  from: Instant,
  to: Instant,
  region: Schema.NullOr(RegionName),
  ...uptime,
  due: Count,
  regions: Schema.Array(RegionUptime)
}).annotate({ identifier: "Uptime" })
export type Uptime = typeof Uptime.Type

/** How many days, and in which region. */
export const TimelineQuery = Schema.Struct({
  days: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: timelineDaysMax }))),
  region: Schema.optionalKey(RegionName)
})
export type TimelineQuery = typeof TimelineQuery.Type

/** One day in UTC, `2026-01-31`. */
export const TimelineDay = Schema.Struct({ day: Schema.String, ...uptime }).annotate({ identifier: "TimelineDay" })
export type TimelineDay = typeof TimelineDay.Type

/** One cell a day, oldest first, today last. */
export const Timeline = Schema.Struct({
  region: Schema.NullOr(RegionName),
  days: Schema.Array(TimelineDay)
}).annotate({ identifier: "Timeline" })
export type Timeline = typeof Timeline.Type

/** A monitor that is not up, with those of its `regionsTotal` regions that are not. */
export const AttentionMonitor = Schema.Struct({
  id: MonitorId,
  name: Schema.String,
  state: MonitorState,
  since: Schema.optionalKey(Instant),
  regions: Schema.Array(MonitorRegion),
  regionsTotal: Count
}).annotate({ identifier: "AttentionMonitor" })
export type AttentionMonitor = typeof AttentionMonitor.Type

/**
 * How everything is. `attention` lists what is down, degraded or unknown, worst and newest first, at most 100.
 * `checksPerMinute` is how many runs are due; workers are online when they were heard of within the last minute, and
 * `latenessP99Us` is that of the latest of them.
 */
export const Overview = Schema.Struct({
  at: Instant,
  monitors: Schema.Struct({ up: Count, degraded: Count, down: Count, unknown: Count, paused: Count }),
  attention: Schema.Array(AttentionMonitor),
  checksPerMinute: Schema.Finite,
  workers: Schema.Struct({ online: Count, latenessP99Us: Schema.NullOr(Schema.Int) })
}).annotate({ identifier: "Overview" })
export type Overview = typeof Overview.Type

const params = { monitorId: MonitorId }
const error = [BadRequest, NotFound] as const
const about = (title: string, description: string) => OpenApi.annotations({ title, description })

/** The endpoints of results. */
export class ResultsApi extends HttpApiGroup.make("results")
  .add(
    HttpApiEndpoint.get("results", "/monitors/:monitorId/results", {
      params,
      query: ResultsQuery,
      success: ResultsPage,
      error
    }).annotateMerge(about("List results", "A page of results of a monitor, newest first.")),
    HttpApiEndpoint.get("latency", "/monitors/:monitorId/latency", {
      params,
      query: LatencyQuery,
      success: LatencySeries,
      error
    }).annotateMerge(
      about("Get latency", "Percentiles by time. The step comes from a fixed ladder; `points` is the most to expect.")
    ),
    HttpApiEndpoint.get("uptime", "/monitors/:monitorId/uptime", {
      params,
      query: UptimeQuery,
      success: Uptime,
      error
    }).annotateMerge(about("Get uptime", "Uptime with its coverage, over all and by region, with the counts.")),
    HttpApiEndpoint.get("timeline", "/monitors/:monitorId/timeline", {
      params,
      query: TimelineQuery,
      success: Timeline,
      error
    }).annotateMerge(about("Get the timeline", "One cell a day in UTC, today included.")),
    HttpApiEndpoint.get("overview", "/overview", { success: Overview }).annotateMerge(
      about("Get the overview", "How many monitors are how, and which are not up.")
    )
  )
  .annotateEndpoints(RequiredScope, "read")
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1")
  .annotateMerge(about("Results", "What came of the checks.")) {}
