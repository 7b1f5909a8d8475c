/**
 * The handlers of results. They only delegate.
 */
import { Api, Auth, ResultsApi } from "@openseer/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Database } from "../db/Database.ts"
import { latencySeries } from "../query/LatencySeries.ts"
import { overview } from "../query/Overviews.ts"
import { resultPage } from "../query/ResultPages.ts"
import { timeline, uptime } from "../query/Uptimes.ts"
import * as SharedJson from "./SharedJson.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves the group `results`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "results",
  Effect.fn(function* (handlers) {
    const database = yield* Database
    const answer = <A, E>(ask: (organizationKey: number) => Effect.Effect<A, E, Database>) =>
      Auth.CurrentPrincipal.useSync(({ organizationKey }) => organizationKey).pipe(
        Effect.flatMap(ask),
        Effect.provideService(Database, database),
        orUnavailable
      )
    const sharedOverview = SharedJson.make(ResultsApi.Overview, overview)
    return handlers.handleAll({
      results: ({ params, query }) => answer((key) => resultPage(key, params.monitorId, query)),
      latency: ({ params, query }) => answer((key) => latencySeries(key, params.monitorId, query)),
      uptime: ({ params, query }) => answer((key) => uptime(key, params.monitorId, query)),
      timeline: ({ params, query }) => answer((key) => timeline(key, params.monitorId, query)),
      overview: () => answer((key) => sharedOverview(key, undefined))
    })
  })
)
