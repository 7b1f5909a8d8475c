/**
 * The handler of the event stream. It only delegates.
 */
import { Api, Auth, Problem } from "@openseer/core"
import { Effect, Option, Stream } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Principals } from "../accounts/Principal.ts"
import { EventFeed } from "../query/EventFeed.ts"
import { Draining } from "./Draining.ts"
import { orUnavailable } from "./Unavailable.ts"

// nginx and others would keep the events until a buffer is full.
const unbuffered = HttpEffect.appendPreResponseHandler((_request, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, { "cache-control": "no-store", "x-accel-buffering": "no" }))
)

/** The most streams of one session: one a tab, and some that are closing. A key's are limited by its organization. */
export const sessionStreamsMax = 5

/** How often an open stream asks whether its credential is still valid. */
const credentialInterval = "5 seconds"

/** Serves the group `events`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "events",
  Effect.fn(function* (handlers) {
    const feed = yield* EventFeed
    const draining = yield* Draining
    const principals = yield* Principals
    const streamsOfSessions = new Map<string, number>()
    return handlers.handleAll({
      stream: ({ headers, query }) =>
        Effect.gen(function* () {
          const { id, kind, organizationKey } = yield* Auth.CurrentPrincipal
          if (kind === "session" && (streamsOfSessions.get(id) ?? 0) >= sessionStreamsMax) {
            return yield* new Problem.TooManyRequests({
              retryAfterSeconds: 5,
              detail: `a session may have ${sessionStreamsMax} event streams`
            })
          }
          // A browser that connects again sends the header; the query is from when the page was made.
          const after = headers["last-event-id"] ?? query.after
          const events = yield* feed.open(organizationKey, {
            ...(after === undefined ? {} : { after }),
            ...(query.monitor === undefined ? {} : { monitorId: query.monitor })
          })
          yield* unbuffered
          const request = yield* HttpServerRequest.HttpServerRequest
          const isAllowed = Effect.map(
            principals.authenticate(request),
            Option.exists((now) => now.organizationKey === organizationKey && Auth.allows(now.scopes, "read"))
          ).pipe(Effect.catchTag("Forbidden", () => Effect.succeed(false)))
          const bounded = kind === "session" ? counted(events, streamsOfSessions, id) : events
          return bounded.pipe(Stream.interruptWhen(untilRefused(isAllowed)), Stream.interruptWhen(draining.await))
        }).pipe(orUnavailable)
    })
  })
)

/** Ends when the credential is refused; a busy database does not say that it is. */
const untilRefused = (isAllowed: Effect.Effect<boolean, unknown>) =>
  isAllowed.pipe(
    Effect.orElseSucceed(() => true),
    Effect.delay(credentialInterval),
    Effect.repeat({ while: (allowed) => allowed })
  )

/** Counts a stream while it runs. One of several that were let in at the same moment ends at once if it is one too many. */
const counted = <A, E, R>(events: Stream.Stream<A, E, R>, counts: Map<string, number>, id: string) =>
  Stream.unwrap(
    Effect.acquireRelease(
      Effect.sync(() => {
        const count = (counts.get(id) ?? 0) + 1
        counts.set(id, count)
        return count
      }),
      () =>
        Effect.sync(() => {
          const count = (counts.get(id) ?? 1) - 1
          if (count > 0) counts.set(id, count)
          else counts.delete(id)
        })
    ).pipe(Effect.map((count) => (count > sessionStreamsMax ? Stream.empty : events)))
  )
