/**
 * The live events as one stream that outlives its connections.
 */
import { Api, EventsApi } from "@openseer/core"
import { Effect, Schema, type Scope, Stream } from "effect"
import { Sse } from "effect/encoding"
import { HttpClient, type HttpClientResponse } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import * as Backoff from "./Backoff.ts"
import type * as Endpoint from "./Endpoint.ts"
import * as Failure from "./Failure.ts"
import type { UnexpectedAnswer } from "./UnexpectedAnswer.ts"
import { Unreachable } from "./Unreachable.ts"

/** An event, told apart by `event`: `hello` after each connection, `state`, `monitor` and `result`. */
export type LiveEvent = Exclude<EventsApi.StreamEvent, { readonly event: "ping" }>

/** Where to go on, and what else to tell. */
export interface EventsOptions {
  /** The `id` of the last event that was received. Without it the stream starts from now. */
  readonly after?: string | undefined
  /** Tells the results of this monitor as well. */
  readonly monitorId?: string | undefined
}

/** What ends the stream. */
export type EventsFailure =
  | Endpoint.Problem<(typeof EventsApi.EventsApi)["endpoints"]["stream"]>
  | Unreachable
  | UnexpectedAnswer

/** Makes streams of events. */
export const make = (httpClient: HttpClient.HttpClient, baseUrl: string) =>
  Effect.map(
    HttpApiClient.group(Api.Api, { group: "events", httpClient: HttpClient.withScope(httpClient), baseUrl }),
    ({ stream }) => {
      const connect = Effect.fnUntraced(function* ({ after, lastId, monitorId }: Position) {
        const response = yield* stream({
          query: {
            ...(after === undefined || lastId !== undefined ? {} : { after }),
            ...(monitorId === undefined ? {} : { monitor: monitorId })
          },
          headers: lastId === undefined ? {} : { "last-event-id": lastId },
          responseMode: "response-only"
        }).pipe(Effect.timeoutOrElse({ duration: silenceMs, orElse: () => Effect.fail(noAnswer()) }))
        // Problems fail here. The events are read below: those of newer versions are left out and not fatal.
        yield* decode(response).pipe(
          Effect.asVoid,
          Effect.mapError((error) => Failure.fromAnswer(response, error))
        )
        return events(response)
      }, Effect.mapError(Failure.fromCall))
      return (options: EventsOptions = {}): Stream.Stream<LiveEvent, EventsFailure> => follow(connect, options)
    }
  )

const decode = HttpApiClient.decodeResponse(Api.Api, { group: "events", endpoint: "stream" })

/** A connection on which nothing was heard for so long is given up, in milliseconds. */
const silenceMs = 2 * EventsApi.pingIntervalMs

const noAnswer = () =>
  new Unreachable({
    reason: "timeout",
    method: "GET",
    url: EventsApi.EventsApi.endpoints.stream.path,
    detail: `no answer within ${silenceMs} ms`
  })

const names: ReadonlySet<string> = new Set(EventsApi.StreamEvent.members.map(({ fields }) => fields.event.literal))

const decodeEvent = Schema.decodeUnknownEffect(EventsApi.StreamEvent)

const events = (response: HttpClientResponse.HttpClientResponse) =>
  Stream.suspend(() => {
    const parsed: Array<Sse.AnyEvent> = []
    const parser = Sse.makeParser((event) => parsed.push(event))
    return response.stream.pipe(
      Stream.mapError(Failure.fromConnection),
      Stream.timeout(silenceMs),
      Stream.decodeText,
      Stream.map((text) => {
        parser.feed(text)
        return parsed.splice(0)
      }),
      Stream.flattenIterable,
      Stream.filter((event) => event._tag === "Event"),
      Stream.filter(({ event }) => names.has(event)),
      Stream.mapEffect(({ data, event, id }) =>
        decodeEvent(id === undefined ? { event, data } : { id, event, data }).pipe(
          Effect.mapError((error) => Failure.fromAnswer(response, error))
        )
      )
    )
  })

interface Position extends EventsOptions {
  /** The id of the last event, once there was one. */
  lastId?: string
}

const follow = (
  connect: (
    position: Position
  ) => Effect.Effect<Stream.Stream<EventsApi.StreamEvent, EventsFailure>, EventsFailure, Scope.Scope>,
  options: EventsOptions
): Stream.Stream<LiveEvent, EventsFailure> =>
  Stream.suspend(() => {
    const position: Position = { ...options }
    let isKnown = false
    let tries = 0
    let last: EventsFailure | undefined

    const heard = ({ id }: EventsApi.StreamEvent) => {
      isKnown = true
      tries = 1
      last = undefined
      if (id !== undefined) position.lastId = id
    }
    const goesOn = (failure: EventsFailure) =>
      isKnown ? passing.has(failure._tag) : tries <= Backoff.retriesMax && Backoff.isTransient(failure)

    const connection = Stream.suspend(() => Stream.unwrap(connect(position))).pipe(
      Stream.tap((event) => Effect.sync(() => heard(event))),
      Stream.filter((event) => event.event !== "ping"),
      Stream.catch((failure) => {
        last = failure
        return goesOn(failure) ? Stream.empty : Stream.fail(failure)
      })
    )
    const turn = Effect.suspend(() => (tries++ === 0 ? Effect.void : Backoff.pause(tries - 1, last)))
    return Stream.flatMap(Stream.fromEffectRepeat(turn), () => connection)
  })

/** What a stream that once was there outlives. */
const passing: ReadonlySet<string> = new Set(["Unreachable", "ServiceUnavailable", "InternalError"])
