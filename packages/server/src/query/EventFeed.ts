/**
 * QUERY: the live event stream. One poller a process and organization reads what is new and hands it to all streams of
 * that organization, so the price of a stream is its socket.
 *
 * Polling, not LISTEN: it works through poolers and replicas, loses nothing on a reconnect, and half a second is enough.
 */
import { EventsApi, Problem } from "@openseer/core"
import {
  type Cause,
  Clock,
  Context,
  Effect,
  Layer,
  Metric,
  Option,
  Queue,
  RcMap,
  Schedule,
  Schema,
  Stream
} from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { serverVersion } from "../ServerVersion.ts"
import * as EventCursor from "./EventCursor.ts"
import * as ResultWatch from "./ResultWatch.ts"

/** How often new events are looked for. */
const pollInterval = "500 millis"

/**
 * Events that may wait for a reader. One that is further behind is closed, and goes on from its last event. Several
 * batches, so that no burst closes a reader that keeps up.
 */
const bufferMax = 5 * EventCursor.batchMax

/** The most streams of one process, unless it is said otherwise. */
export const streamsMaxDefault = 1_000

/** The most streams of one organization in one process: none takes those of the others. */
export const organizationStreamsMaxDefault = 250

const streamsGauge = Metric.gauge("openseer_event_streams", { description: "Open event streams" })
/** What a stream is to begin after, and of which monitor it is to tell results. */
export interface StreamRequest {
  readonly after?: string
  readonly monitorId?: string
}

/** Live events. */
export class EventFeed extends Context.Service<
  EventFeed,
  {
    /**
     * A stream of the organization's events that begins with `hello` and ends when the reader is too slow or the feed is
     * closed with its layer. Fails with `NotFound` when the monitor is not the organization's, with `ServiceUnavailable` when there are
     * too many streams, and with `DatabaseBusy`.
     */
    readonly open: (
      organizationKey: number,
      request: StreamRequest
    ) => Effect.Effect<
      Stream.Stream<EventsApi.StreamEvent>,
      Problem.NotFound | Problem.BadRequest | Problem.ServiceUnavailable | DatabaseBusy
    >
  }
>()("@openseer/server/EventFeed") {
  static readonly layer: Layer.Layer<EventFeed, never, Database> = Layer.effect(
    EventFeed,
    Effect.suspend(() => make(streamsMaxDefault, organizationStreamsMaxDefault))
  )

  /** With other limits than {@link streamsMaxDefault} and {@link organizationStreamsMaxDefault}. */
  static readonly layerOf = (
    streamsMax: number,
    organizationStreamsMax: number
  ): Layer.Layer<EventFeed, never, Database> => Layer.effect(EventFeed, make(streamsMax, organizationStreamsMax))
}

/** One open stream. */
interface Reader {
  readonly organizationKey: number
  readonly queue: Queue.Queue<EventsApi.StreamEvent, Cause.Done>
  readonly monitorKey: number | undefined
}

/** What the streams of one organization share. */
interface Feed {
  position: EventCursor.EventCursor
  readonly readers: Set<Reader>
  readonly watches: Map<number, ResultWatch.ResultWatch>
}

const make = Effect.fn("EventFeed.make")(function* (streamsMax: number, organizationStreamsMax: number) {
  const database = yield* Database
  const readers = new Set<Reader>()
  let closed = false

  const feeds = yield* RcMap.make({ lookup: start })

  /** Joins a feed for the life of the scope; answers where the reader joined. */
  const join = (feed: Feed, reader: Reader, watch: ResultWatch.ResultWatch | undefined) =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        feed.readers.add(reader)
        readers.add(reader)
        if (closed) Queue.endUnsafe(reader.queue)
        if (watch !== undefined && !feed.watches.has(watch.monitorKey)) feed.watches.set(watch.monitorKey, watch)
        return Effect.as(Metric.update(streamsGauge, readers.size), feed.position)
      }),
      () =>
        Effect.suspend(() => {
          feed.readers.delete(reader)
          readers.delete(reader)
          const { monitorKey } = reader
          if (monitorKey !== undefined && ![...feed.readers].some((other) => other.monitorKey === monitorKey)) {
            feed.watches.delete(monitorKey)
          }
          return Metric.update(streamsGauge, readers.size)
        })
    )

  const open = Effect.fn("EventFeed.open")(
    function* (organizationKey: number, request: StreamRequest) {
      const own = [...readers].filter((reader) => reader.organizationKey === organizationKey).length
      if (closed || readers.size >= streamsMax || own >= organizationStreamsMax) {
        return yield* new Problem.ServiceUnavailable({
          retryAfterSeconds: 5,
          detail: "too many event streams are open"
        })
      }
      const { monitorId } = request
      const [watch, here] = yield* database.asOrganization(
        organizationKey,
        Effect.all([
          monitorId === undefined ? Effect.succeed(undefined) : ResultWatch.begin(monitorId),
          Effect.map(EventCursor.read(undefined), ({ position }) => position)
        ])
      )
      const now = yield* Clock.currentTimeMillis
      const cursor = EventCursor.decode(request.after, now)
      // A cursor ahead of everything that has happened is of a database that was since restored to an earlier time.
      const after = cursor !== undefined && cursor.xid <= here.xid ? cursor : undefined

      const stream = Effect.gen(function* () {
        const feed = yield* RcMap.get(feeds, organizationKey)
        const queue = yield* Queue.dropping<EventsApi.StreamEvent, Cause.Done>(bufferMax)
        const joinedAt = yield* join(feed, { organizationKey, queue, monitorKey: watch?.monitorKey }, watch)
        const hello: EventsApi.StreamEvent = {
          id: EventCursor.encode(after ?? joinedAt, now),
          event: "hello",
          data: { serverVersion, resumed: after !== undefined }
        }
        const live = Stream.fromQueue(queue)
        if (after === undefined) return Stream.concat(Stream.succeed(hello), live)
        return Stream.succeed(hello).pipe(
          Stream.concat(between(organizationKey, after, joinedAt)),
          // Another process may have told what comes next for this one.
          Stream.concat(Stream.filter(live, (event) => !wasTold(event, after)))
        )
      })
      return Stream.unwrap(stream).pipe(
        // The reader connects again and goes on from its last event.
        Stream.catchCause((cause) => Stream.fromEffectDrain(Effect.logWarning("event stream ended early", cause))),
        Stream.provideService(Database, database)
      )
    },
    Effect.provideService(Database, database)
  )

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      closed = true
      for (const { queue } of readers) Queue.endUnsafe(queue)
    })
  )
  return EventFeed.of({ open })
})

/** Starts the poller of an organization; it ends with the scope. */
const start = Effect.fnUntraced(function* (organizationKey: number) {
  const database = yield* Database
  const { position } = yield* database.asOrganization(organizationKey, EventCursor.read(undefined))
  const feed: Feed = { position, readers: new Set(), watches: new Map() }
  let pingedAt = yield* Clock.currentTimeMillis

  const poll = Effect.gen(function* () {
    const watched = [...feed.watches.values()]
    const [batch, results] = yield* database.asOrganization(
      organizationKey,
      Effect.all([EventCursor.read(feed.position), ResultWatch.read(watched)])
    )
    const now = yield* Clock.currentTimeMillis
    // From here to the new position nothing may wait: a reader that joins sees all of these events or none.
    for (const row of batch.events) {
      const event = toEvent(row, now)
      if (event !== undefined) publish(feed.readers, event)
    }
    feed.position = batch.position
    for (const watch of watched) {
      const followers = [...feed.readers].filter(({ monitorKey }) => monitorKey === watch.monitorKey)
      for (const data of watch.take(results, now)) publish(followers, { event: "result", data })
    }
    if (now - pingedAt >= EventsApi.pingIntervalMs) {
      pingedAt = now
      publish(feed.readers, { id: EventCursor.encode(feed.position, now), event: "ping", data: {} })
    }
    return batch.more
  })
  yield* Effect.repeat(poll, { while: (more) => more }).pipe(
    // The position has not moved, so the next round tells what this one could not.
    Effect.catchCause((cause) => Effect.logWarning("events could not be read, trying again", cause)),
    Effect.repeat(Schedule.spaced(pollInterval)),
    Effect.forkScoped
  )
  return feed
})

/** Hands an event to readers. One whose buffer is full is closed: it goes on from its last event when it comes back. */
const publish = (readers: Iterable<Reader>, event: EventsApi.StreamEvent): void => {
  for (const { queue } of readers) if (!Queue.offerUnsafe(queue, event)) Queue.endUnsafe(queue)
}

/** The events after one cursor up to another. */
const between = (organizationKey: number, after: EventCursor.EventCursor, upTo: EventCursor.EventCursor) =>
  Stream.paginate(after, (from) =>
    Effect.gen(function* () {
      const database = yield* Database
      const batch = yield* database.asOrganization(organizationKey, EventCursor.read(from))
      const now = yield* Clock.currentTimeMillis
      const events = batch.events.filter((row) => !EventCursor.isBefore(upTo, row)).map((row) => toEvent(row, now))
      const next =
        batch.more && EventCursor.isBefore(batch.position, upTo) ? Option.some(batch.position) : Option.none()
      return [events.filter((event) => event !== undefined), next] as const
    })
  )

const decodeState = Schema.decodeUnknownOption(EventsApi.StateChange)
const decodeMonitor = Schema.decodeUnknownOption(EventsApi.MonitorChanged)
const decodeWorker = Schema.decodeUnknownOption(EventsApi.WorkerChanged)

/** An event as it is told; `undefined` for what this version does not know: it must not hold up the others. */
const toEvent = (row: EventCursor.EventRow, now: number): EventsApi.StreamEvent | undefined => {
  const id = EventCursor.encode(row, now)
  const data = { ...row.payload, monitorId: row.monitorId }
  switch (row.kind) {
    case "state":
      return Option.getOrUndefined(Option.map(decodeState(data), (state) => ({ id, event: "state", data: state })))
    case "monitor":
      return Option.getOrUndefined(
        Option.map(decodeMonitor(data), (change) => ({ id, event: "monitor", data: change }))
      )
    case "worker":
      return Option.getOrUndefined(Option.map(decodeWorker(data), (change) => ({ id, event: "worker", data: change })))
    default:
      return undefined
  }
}

const wasTold = (event: EventsApi.StreamEvent, after: EventCursor.EventCursor): boolean => {
  const at = event.event === "ping" ? undefined : EventCursor.position(event.id)
  return at !== undefined && !EventCursor.isBefore(after, at)
}
