/**
 * Monitors over REST, `/api/v1/monitors`: list, get, create, change, delete, pause, resume and run now.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { MonitorId } from "../accounts/Id.ts"
import { FailedAssertion } from "../check/Assertion.ts"
import { Outcome } from "../check/Judgement.ts"
import { Observation } from "../check/Observation.ts"
import { Label, Monitor, MonitorChange, MonitorInput, MonitorRegions, nameLengthMax, Tag } from "../monitor/Monitor.ts"
import { MonitorState } from "../monitor/MonitorState.ts"
import { RegionName } from "../monitor/Region.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"
import { BadInput, BadRequest, LimitReached, NotFound, VersionMismatch } from "./Problem.ts"

/** The most monitors of one page. */
export const pageLimitMax = 500

/** The monitors of a page that states no limit. */
export const pageLimitDefault = 100

/** The longest that "run now" may be asked to wait for results, in milliseconds. */
export const runWaitMsMax = 30_000

/** How long "run now" waits when it is not said, in milliseconds. */
export const runWaitMsDefault = 15_000

/** Says where a page ends: hand back `nextCursor` of the page before. */
export const Cursor = Schema.String.check(Schema.isMaxLength(64)).annotate({
  identifier: "Cursor",
  description: "nextCursor of the page before"
})

/** Which monitors, and from where on. All filters must hold. */
export const MonitorsQuery = Schema.Struct({
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: pageLimitMax }))),
  cursor: Schema.optionalKey(Cursor),
  state: Schema.optionalKey(MonitorState),
  tag: Schema.optionalKey(Tag),
  q: Schema.optionalKey(
    Label(nameLengthMax).annotate({
      description: "A part of the name, or of the URL or host that is checked, in upper or lower case"
    })
  )
})
export type MonitorsQuery = typeof MonitorsQuery.Type

/** One page of monitors, oldest first; without `nextCursor` it is the last one. */
export const MonitorsPage = Schema.Struct({
  items: Schema.Array(Monitor),
  nextCursor: Schema.optionalKey(Cursor)
}).annotate({ identifier: "MonitorsPage" })
export type MonitorsPage = typeof MonitorsPage.Type

/** Where to run a monitor now (default: in all its regions) and how long to wait for the results. */
export const RunRequest = Schema.Struct({
  regions: Schema.optionalKey(MonitorRegions),
  waitMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: runWaitMsMax })))
}).annotate({ identifier: "RunRequest" })
export type RunRequest = typeof RunRequest.Type

/** What came of one run: as in a stored result. It is counted nowhere. */
export const RunReport = Schema.Struct({
  outcome: Outcome,
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  observation: Schema.optionalKey(Observation),
  failedAssertions: Schema.optionalKey(Schema.Array(FailedAssertion))
}).annotate({ identifier: "RunReport" })
export type RunReport = typeof RunReport.Type

/** One region of a "run now": `pending` while no worker has answered. */
export const RegionRun = Schema.Struct({
  region: RegionName,
  status: Schema.Literals(["done", "pending"]),
  report: Schema.optionalKey(RunReport)
}).annotate({ identifier: "RegionRun" })
export type RegionRun = typeof RegionRun.Type

/**
 * The ping URL of a heartbeat, told this once: `url` as this request reached the control plane, `path` on any host of it.
 * Appended to it, `/start`, `/fail` and `/` with an exit code say more.
 */
export const PingUrl = Schema.Struct({
  url: Schema.String.annotate({ description: "The ping URL on the host that this request says it came to" }),
  path: Schema.String.annotate({ description: "Its path, which holds on any host of the control plane" })
}).annotate({ identifier: "PingUrl" })
export type PingUrl = typeof PingUrl.Type

/** The most monitors that one bulk change may name. */
export const bulkMax = 500

/**
 * What a bulk change does to each monitor: one `action`, or any of the other members together. Tags are added and removed
 * beside those that a monitor has; a timeout that is too long for the new interval is shortened with it.
 */
export const BulkChange = Schema.Struct({
  action: Schema.optionalKey(
    Schema.Literals(["pause", "resume", "remove"]).annotate({ message: "must be pause, resume or remove" })
  ),
  addTags: MonitorChange.fields.tags,
  removeTags: MonitorChange.fields.tags,
  regions: MonitorChange.fields.regions,
  intervalMs: MonitorChange.fields.intervalMs
})
  .check(
    Schema.makeFilter(({ action, ...others }) =>
      Object.keys(others).length === 0
        ? action !== undefined || "must say what to change"
        : action === undefined || "must be an action or what to change, not both"
    )
  )
  .annotate({ identifier: "BulkChange" })
export type BulkChange = typeof BulkChange.Type

/** Which monitors to change, each once, and how. */
export const BulkRequest = Schema.Struct({
  ids: Schema.Array(MonitorId).check(
    Schema.isMinLength(1, { message: "must name at least one monitor" }),
    Schema.isMaxLength(bulkMax, { message: `must name at most ${bulkMax} monitors` }),
    Schema.isUnique({ message: "must not repeat an entry" })
  ),
  change: BulkChange
}).annotate({ identifier: "BulkRequest" })
export type BulkRequest = typeof BulkRequest.Type

/** A monitor that a bulk change left as it was, and why: there is none of that id, or what the message says. */
export const BulkFailure = Schema.Struct({ id: MonitorId, message: Schema.String }).annotate({
  identifier: "BulkFailure"
})
export type BulkFailure = typeof BulkFailure.Type

/** How many monitors a bulk change has changed, and those that it has not. */
export const BulkAnswer = Schema.Struct({ changed: Schema.Int, failed: Schema.Array(BulkFailure) }).annotate({
  identifier: "BulkAnswer"
})
export type BulkAnswer = typeof BulkAnswer.Type

const params = { monitorId: MonitorId }
const ifMatch = {
  "if-match": Schema.optionalKey(
    Schema.String.annotate({ description: 'The version that the change is based on, in quotes: "7"' })
  )
}
const operation = (summary: string, description: string) => OpenApi.annotations({ summary, description })

/** The endpoints of monitors. */
export class MonitorsApi extends HttpApiGroup.make("monitors")
  .add(
    HttpApiEndpoint.get("list", "/", { query: MonitorsQuery, success: MonitorsPage, error: BadRequest })
      .annotate(RequiredScope, "read")
      .annotateMerge(operation("List monitors", "A page of monitors with their states, oldest first.")),
    HttpApiEndpoint.get("get", "/:monitorId", { params, success: Monitor, error: NotFound })
      .annotate(RequiredScope, "read")
      .annotateMerge(operation("Get a monitor", "One monitor with its state in each region.")),
    HttpApiEndpoint.post("create", "/", {
      payload: MonitorInput,
      success: HttpApiSchema.WithHeaders(Monitor.pipe(HttpApiSchema.status(201)), { location: Schema.String }),
      error: [BadInput, LimitReached]
    })
      .annotate(RequiredScope, "write")
      .annotateMerge(operation("Create a monitor", "It is first due within one interval.")),
    HttpApiEndpoint.patch("update", "/:monitorId", {
      params,
      headers: ifMatch,
      payload: MonitorChange,
      success: Monitor,
      error: [BadInput, NotFound, VersionMismatch]
    })
      .annotate(RequiredScope, "write")
      .annotateMerge(
        operation(
          "Change a monitor",
          "Replaces the members that are given. With `version` or `If-Match`, only when nobody changed it meanwhile."
        )
      ),
    HttpApiEndpoint.delete("remove", "/:monitorId", { params, error: NotFound })
      .annotate(RequiredScope, "write")
      .annotateMerge(operation("Delete a monitor", "Its results go with their retention.")),
    HttpApiEndpoint.post("pause", "/:monitorId/pause", { params, success: Monitor, error: NotFound })
      .annotate(RequiredScope, "write")
      .annotateMerge(operation("Pause a monitor", "No run is due until it is resumed. Pausing twice changes nothing.")),
    HttpApiEndpoint.post("resume", "/:monitorId/resume", { params, success: Monitor, error: NotFound })
      .annotate(RequiredScope, "write")
      .annotateMerge(operation("Resume a monitor", "Resuming one that is not paused changes nothing.")),
    HttpApiEndpoint.post("run", "/:monitorId/run", {
      params,
      payload: RunRequest,
      success: Schema.Struct({ runs: Schema.Array(RegionRun) }).annotate({ identifier: "RunAnswer" }),
      error: [BadInput, NotFound, LimitReached]
    })
      .annotate(RequiredScope, "write")
      .annotateMerge(
        operation(
          "Run a monitor now",
          "Runs it once in each region and answers what came of it. It is counted nowhere."
        )
      ),
    HttpApiEndpoint.post("bulk", "/bulk", { payload: BulkRequest, success: BulkAnswer, error: BadInput })
      .annotate(RequiredScope, "write")
      .annotateMerge(
        operation(
          "Change many monitors",
          "Changes each monitor by itself and says which it could not: one that fails keeps none of the others from it."
        )
      ),
    HttpApiEndpoint.post("pingUrl", "/:monitorId/ping-url", { params, success: PingUrl, error: [BadInput, NotFound] })
      .annotate(RequiredScope, "write")
      .annotateMerge(
        operation(
          "Make a new ping URL",
          "Of a heartbeat; told this once, and the one before ends. Its job calls `<url>/start` (optional), then `<url>` " +
            "when it went well, `<url>/fail` when not, or `<url>/<exit code>`, 0 to 255, with GET, HEAD or POST and no " +
            "credential; the beginning of a body sent with a failure is kept. It answers 200; 404 when the URL is not " +
            "valid any more; 429 above ten calls a second."
        )
      )
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/monitors")
  .annotateMerge(OpenApi.annotations({ title: "Monitors", description: "What is watched, and how it is." })) {}
