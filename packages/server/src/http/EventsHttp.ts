/**
 * The handler of the event stream. It only delegates.
 */
import { Api, Auth } from "@openseer/core"
import { Effect, Stream } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { EventFeed } from "../query/EventFeed.ts"
import { Draining } from "./Draining.ts"
import { orUnavailable } from "./Unavailable.ts"

// nginx and others would keep the events until a buffer is full.
const unbuffered = HttpEffect.appendPreResponseHandler((_request, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, { "cache-control": "no-store", "x-accel-buffering": "no" }))
)

/** Serves the group `events`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "events",
  Effect.fn(function* (handlers) {
    const feed = yield* EventFeed
    const draining = yield* Draining
    return handlers.handleAll({
      stream: ({ headers, query }) =>
        Effect.gen(function* () {
          const { organizationKey } = yield* Auth.CurrentPrincipal
          // A browser that connects again sends the header; the query is from when the page was made.
          const after = headers["last-event-id"] ?? query.after
          const events = yield* feed.open(organizationKey, {
            ...(after === undefined ? {} : { after }),
            ...(query.monitor === undefined ? {} : { monitorId: query.monitor })
          })
          yield* unbuffered
          return Stream.interruptWhen(events, draining.await)
        }).pipe(orUnavailable)
    })
  })
)
