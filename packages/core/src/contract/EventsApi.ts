/**
 * The live event stream, `GET /api/v1/events`: server-sent events of one organization.
 *
 * The first event is `hello`, at once. `state`, `monitor` and `worker` events carry an id; hand the last one back as
 * `Last-Event-ID` (browsers do so by themselves) or `?after=` and nothing is lost or told twice. `result` events, of the
 * one monitor that was asked for, are only told as they come.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { MonitorId } from "../accounts/Id.ts"
import { Instant } from "../monitor/Monitor.ts"
import { RegionState } from "../monitor/MonitorState.ts"
import { RegionName } from "../monitor/Region.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"
import { BadRequest, NotFound, ServiceUnavailableResponse, TooManyRequestsResponse } from "./Problem.ts"
import { Result } from "./ResultsApi.ts"

/** How often a stream says that it is alive, in milliseconds. A client that hears nothing for twice as long reconnects. */
export const pingIntervalMs = 15_000

/** How long a stream can be resumed after, in milliseconds: events are kept a day. */
export const resumeMsMax = 23 * 3_600_000

/** Where a stream is, as the `id` of its events. */
export const EventCursor = Schema.String.check(Schema.isPattern(/^\d{1,20}\.\d{1,19}\.\d{1,12}$/)).annotate({
  identifier: "EventCursor",
  description: "id of the last event that was received"
})
export type EventCursor = typeof EventCursor.Type

/**
 * The first event. `resumed` is false when the stream starts from now: a new one, or one whose cursor is too old. Read
 * what you show anew then.
 */
export const Hello = Schema.Struct({ serverVersion: Schema.String, resumed: Schema.Boolean }).annotate({
  identifier: "Hello"
})
export type Hello = typeof Hello.Type

/** The state of a monitor in a region changed. */
export const StateChange = Schema.Struct({
  monitorId: MonitorId,
  region: RegionName,
  state: RegionState,
  at: Instant,
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "StateChange" })
export type StateChange = typeof StateChange.Type

/** A monitor was created, changed (its name, its schedule, paused, resumed) or deleted: read it again. */
export const MonitorChanged = Schema.Struct({
  monitorId: MonitorId,
  change: Schema.String,
  name: Schema.String
}).annotate({ identifier: "MonitorChanged" })
export type MonitorChanged = typeof MonitorChanged.Type

/** A worker of the organization was enrolled or revoked. Read its list, or that of regions, again. */
export const WorkerChanged = Schema.Struct({
  workerId: Schema.String,
  region: RegionName,
  change: Schema.Literals(["enrolled", "revoked"])
}).annotate({ identifier: "WorkerChanged" })
export type WorkerChanged = typeof WorkerChanged.Type

/** A result that has just been stored. */
export const NewResult = Schema.Struct({ monitorId: MonitorId, ...Result.fields }).annotate({ identifier: "NewResult" })
export type NewResult = typeof NewResult.Type

const event = <const Name extends string, Data extends Schema.Top>(name: Name, data: Data) =>
  Schema.Struct({
    id: Schema.optional(EventCursor),
    event: Schema.Literal(name),
    data: Schema.fromJsonString(data)
  })

/** One event of the stream, told apart by `event`. */
export const StreamEvent = Schema.Union([
  event("hello", Hello),
  event("state", StateChange),
  event("monitor", MonitorChanged),
  event("worker", WorkerChanged),
  event("result", NewResult),
  event("ping", Schema.Struct({}))
])
export type StreamEvent = typeof StreamEvent.Type

/** After which event to go on, and of which monitor to tell results as well. */
export const EventsQuery = Schema.Struct({
  after: Schema.optionalKey(EventCursor),
  monitor: Schema.optionalKey(MonitorId)
})
export type EventsQuery = typeof EventsQuery.Type

const about = (title: string, description: string) => OpenApi.annotations({ title, description })

/** The endpoint of the event stream. */
export class EventsApi extends HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("stream", "/events", {
      query: EventsQuery,
      headers: { "last-event-id": Schema.optionalKey(EventCursor) },
      success: HttpApiSchema.StreamSse({ events: StreamEvent }),
      error: [BadRequest, NotFound, TooManyRequestsResponse, ServiceUnavailableResponse]
    })
      .annotate(RequiredScope, "read")
      .annotateMerge(
        about(
          "Follow events",
          "Server-sent events: hello, state, monitor, worker, result and ping. A slow reader is closed."
        )
      )
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1")
  .annotateMerge(about("Events", "What changes, as it changes.")) {}
