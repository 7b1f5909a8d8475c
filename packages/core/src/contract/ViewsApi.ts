/**
 * What pages show, over REST: all monitors as rows of a table, by tag and as a wall, and the phases and regions of one.
 *
 * Each answer is what one screen needs, so that no screen asks for monitors one by one. Durations are whole microseconds.
 * What nobody knows is `null` or left out, never a guess.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { MonitorId } from "../accounts/Id.ts"
import { CheckKind } from "../check/CheckType.ts"
import { Instant, Label, nameLengthMax, Tag } from "../monitor/Monitor.ts"
import { MonitorState } from "../monitor/MonitorState.ts"
import { RegionName } from "../monitor/Region.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"
import { BadRequest, NotFound } from "./Problem.ts"
import { InstantParameter, pointsMax } from "./ResultsApi.ts"

/** The most rows of one page. */
export const rowsLimitMax = 200

/** The rows of a page that states no limit. */
export const rowsLimitDefault = 50

/** The days of the strip of a row: today in UTC and those before. */
export const stripDays = 45

/** The hours of the sparkline of a row: the one that goes on and those before. */
export const sparkHours = 24

/** The most monitors of a wall, and the furthest that rows may be skipped. */
export const wallMax = 10_000

/** The points of phases or a matrix that state no number. */
export const viewPointsDefault = 120

const Micros = Schema.Int
const Count = Schema.Int
const Ratio = Schema.NullOr(Schema.Finite)
const Column = Schema.Array(Schema.NullOr(Micros))
const Counts = Schema.Array(Count)

/** What rows can be sorted by. */
export const RowSort = Schema.Literals(["state", "name", "p95", "uptime", "created"]).annotate({
  identifier: "RowSort",
  message: "must be state, name, p95, uptime or created"
})
export type RowSort = typeof RowSort.Type

/** What rows without their past can be sorted by. */
export const RowNowSort = Schema.Literals(["state", "name", "created"]).annotate({
  identifier: "RowNowSort",
  message: "must be state, name or created"
})
export type RowNowSort = typeof RowNowSort.Type

/** Which way rows are sorted. */
export const RowOrder = Schema.Literals(["asc", "desc"]).annotate({
  identifier: "RowOrder",
  message: "must be asc or desc"
})
export type RowOrder = typeof RowOrder.Type

/**
 * Which way rows are sorted when it is not said: the worst states, the slowest and the newest first, the least uptime
 * first, and names from A on. `desc` of a state is the worst first, and within a state what changed last.
 */
export const rowOrderDefault: Record<RowSort, RowOrder> = {
  state: "desc",
  name: "asc",
  p95: "desc",
  uptime: "asc",
  created: "desc"
}

const filters = {
  state: Schema.optionalKey(MonitorState),
  tag: Schema.optionalKey(Tag),
  untagged: Schema.optionalKey(
    Schema.Literal("true").annotate({ message: "must be true", description: "Those without a tag" })
  ),
  q: Schema.optionalKey(
    Label(nameLengthMax).annotate({
      description: "A part of the name, or of the URL or host that is checked, in upper or lower case"
    })
  ),
  region: Schema.optionalKey(RegionName),
  kind: Schema.optionalKey(CheckKind)
}

/** Which monitors: all filters must hold. */
export const MonitorFilter = Schema.Struct(filters)
export type MonitorFilter = typeof MonitorFilter.Type

const whichRows = {
  offset: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: wallMax }))),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: rowsLimitMax }))),
  order: Schema.optionalKey(RowOrder),
  ...filters
}

/**
 * Which rows, all filters must hold, and in which order (default: by state, the worst first). Monitors of which nobody
 * knows the value that they are sorted by come last, either way.
 */
export const RowsQuery = Schema.Struct({ ...whichRows, sort: Schema.optionalKey(RowSort) })
export type RowsQuery = typeof RowsQuery.Type

/** As {@link RowsQuery}, but not sorted by what was. */
export const RowsNowQuery = Schema.Struct({ ...whichRows, sort: Schema.optionalKey(RowNowSort) })
export type RowsNowQuery = typeof RowsNowQuery.Type

/**
 * A monitor as a row of a table as it is now. `since`, `reason` and `message` are those of the region whose state changed
 * last among those that make the monitor what it is; `regionsUp` of its `regionsTotal` regions are up.
 */
export const MonitorRowNow = Schema.Struct({
  id: MonitorId,
  name: Schema.String,
  kind: CheckKind,
  target: Schema.String,
  state: MonitorState,
  since: Schema.optionalKey(Instant),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  tags: Schema.Array(Schema.String),
  regionsUp: Count,
  regionsTotal: Count,
  intervalMs: Schema.Int,
  version: Schema.Int
}).annotate({ identifier: "MonitorRowNow" })
export type MonitorRowNow = typeof MonitorRowNow.Type

/**
 * A monitor as a row of a table, with its past. `uptime` and `coverage`, 0 to 1, are over the days of the strip. `days` has
 * the uptime of each of the last {@link stripDays} days in UTC, oldest first, in whole thousandths and rounded down: 1000 is a day on which nothing was
 * down. `spark` has the P95 of each of the last {@link sparkHours} hours in UTC, oldest first, the last one unfinished;
 * `p95Us` is that of these hours together, and `p95UsBefore` that of a whole day in UTC for comparison: a week before the day
 * that most of these hours were in.
 */
export const MonitorRow = Schema.Struct({
  ...MonitorRowNow.fields,
  uptime: Ratio,
  coverage: Ratio,
  days: Schema.Array(Schema.NullOr(Schema.Int)),
  spark: Column,
  p95Us: Schema.NullOr(Micros),
  p95UsBefore: Schema.NullOr(Micros)
}).annotate({ identifier: "MonitorRow" })
export type MonitorRow = typeof MonitorRow.Type

const page = { at: Instant, total: Count, offset: Count }

/** Some of the `total` monitors that the filters leave, from `offset` on, as of `at`. */
export const MonitorRows = Schema.Struct({ ...page, items: Schema.Array(MonitorRow) }).annotate({
  identifier: "MonitorRows"
})
export type MonitorRows = typeof MonitorRows.Type

/** As {@link MonitorRows}, without their past. */
export const MonitorRowsNow = Schema.Struct({ ...page, items: Schema.Array(MonitorRowNow) }).annotate({
  identifier: "MonitorRowsNow"
})
export type MonitorRowsNow = typeof MonitorRowsNow.Type

const states = { up: Count, degraded: Count, down: Count, unknown: Count, paused: Count }

/** How many monitors that have a tag are how. */
export const TagStates = Schema.Struct({ tag: Schema.String, ...states }).annotate({ identifier: "TagStates" })
export type TagStates = typeof TagStates.Type

/** All tags in use by the monitors that the filters leave, in the order of their names, and how those without one are. */
export const TagList = Schema.Struct({
  items: Schema.Array(TagStates),
  untagged: Schema.Struct(states)
}).annotate({ identifier: "TagList" })
export type TagList = typeof TagList.Type

/** Monitors that the filters leave as columns of equal length, the worst first, then by name; at most {@link wallMax}. */
export const Wall = Schema.Struct({
  at: Instant,
  ids: Schema.Array(MonitorId),
  names: Schema.Array(Schema.String),
  states: Schema.Array(MonitorState)
}).annotate({ identifier: "Wall" })
export type Wall = typeof Wall.Type

const points = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: pointsMax })))
const range = { from: Schema.optionalKey(InstantParameter), to: Schema.optionalKey(InstantParameter) }

/** Which range (default: the last 24 hours), in which region (default: all together), and at most how many points. */
export const PhasesQuery = Schema.Struct({ ...range, region: Schema.optionalKey(RegionName), points })
export type PhasesQuery = typeof PhasesQuery.Type

/**
 * How long each phase took, the mean of the `n` runs in each bucket that were up or degraded, null where there are none.
 * Element `i` is about `[t0 + i × stepMs, t0 + (i + 1) × stepMs)`. It is made of raw results: null before they are kept.
 * Where a range has very many, only the beginning of each bucket is looked at; `n` is then what was.
 */
export const PhaseSeries = Schema.Struct({
  t0: Schema.Int,
  stepMs: Schema.Int,
  region: Schema.NullOr(RegionName),
  dns: Column,
  connect: Column,
  tls: Column,
  ttfb: Column,
  download: Column,
  n: Counts
}).annotate({ identifier: "PhaseSeries" })
export type PhaseSeries = typeof PhaseSeries.Type

/** Which range (default: the last 24 hours), and at most how many points. */
export const MatrixQuery = Schema.Struct({ ...range, points })
export type MatrixQuery = typeof MatrixQuery.Type

/** One region of a matrix: its P95 of runs that were up or degraded, and how many runs were what. */
export const MatrixRegion = Schema.Struct({
  region: RegionName,
  p95: Column,
  up: Counts,
  degraded: Counts,
  down: Counts,
  error: Counts,
  missed: Counts
}).annotate({ identifier: "MatrixRegion" })
export type MatrixRegion = typeof MatrixRegion.Type

/** Regions by time: element `i` of each column is about `[t0 + i × stepMs, t0 + (i + 1) × stepMs)`. */
export const RegionMatrix = Schema.Struct({
  t0: Schema.Int,
  stepMs: Schema.Int,
  regions: Schema.Array(MatrixRegion)
}).annotate({ identifier: "RegionMatrix" })
export type RegionMatrix = typeof RegionMatrix.Type

const params = { monitorId: MonitorId }
const error = [BadRequest, NotFound] as const
const about = (title: string, description: string) => OpenApi.annotations({ title, description })

/** The endpoints of views. */
export class ViewsApi extends HttpApiGroup.make("views")
  .add(
    HttpApiEndpoint.get("monitors", "/overview/monitors", {
      query: RowsQuery,
      success: MonitorRows,
      error: BadRequest
    }).annotateMerge(
      about("List monitors as rows", "A page of monitors with 45 days of uptime and 24 hours of latency each.")
    ),
    HttpApiEndpoint.get("monitorsNow", "/overview/monitors/now", {
      query: RowsNowQuery,
      success: MonitorRowsNow,
      error: BadRequest
    }).annotateMerge(
      about(
        "List monitors as rows, without their past",
        "The same monitors as they are now, for who knows their past or does not need it."
      )
    ),
    HttpApiEndpoint.get("tags", "/overview/tags", {
      query: MonitorFilter,
      success: TagList,
      error: BadRequest
    }).annotateMerge(
      about("List tags", "Each tag in use, with how many of its monitors are how, and how many without one.")
    ),
    HttpApiEndpoint.get("wall", "/overview/wall", {
      query: MonitorFilter,
      success: Wall,
      error: BadRequest
    }).annotateMerge(about("Get the wall", "Monitors with their states alone, the worst first.")),
    HttpApiEndpoint.get("phases", "/monitors/:monitorId/phases", {
      params,
      query: PhasesQuery,
      success: PhaseSeries,
      error
    }).annotateMerge(about("Get phases", "Where the time goes: the mean of each phase by time, from raw results.")),
    HttpApiEndpoint.get("matrix", "/monitors/:monitorId/matrix", {
      params,
      query: MatrixQuery,
      success: RegionMatrix,
      error
    }).annotateMerge(about("Get regions by time", "P95 and counts of each region by time."))
  )
  .annotateEndpoints(RequiredScope, "read")
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1")
  .annotateMerge(about("Views", "What pages show, in one answer each.")) {}
