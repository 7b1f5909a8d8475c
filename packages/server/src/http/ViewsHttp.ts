/**
 * The handlers of views. They only delegate.
 */
import { Api, Auth, ViewsApi } from "@openseer/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { CheckTypes } from "../CheckTypes.ts"
import { Database } from "../db/Database.ts"
import { monitorRows, monitorRowsNow } from "../query/MonitorRows.ts"
import { phases } from "../query/Phases.ts"
import { regionMatrix } from "../query/RegionMatrix.ts"
import { tags } from "../query/Tags.ts"
import { wall } from "../query/Wall.ts"
import * as SharedJson from "./SharedJson.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves the group `views`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "views",
  Effect.fn(function* (handlers) {
    const database = yield* Database
    const checkTypes = yield* CheckTypes
    const answer = <A, E>(ask: (organizationKey: number) => Effect.Effect<A, E, Database | CheckTypes>) =>
      Auth.CurrentPrincipal.useSync(({ organizationKey }) => organizationKey).pipe(
        Effect.flatMap(ask),
        Effect.provideService(Database, database),
        Effect.provideService(CheckTypes, checkTypes),
        orUnavailable
      )
    const shared = {
      monitors: SharedJson.make(ViewsApi.MonitorRows, monitorRows),
      monitorsNow: SharedJson.make(ViewsApi.MonitorRowsNow, monitorRowsNow),
      tags: SharedJson.make(ViewsApi.TagList, tags),
      wall: SharedJson.make(ViewsApi.Wall, wall)
    }
    return handlers.handleAll({
      monitors: ({ query }) => answer((key) => shared.monitors(key, query)),
      monitorsNow: ({ query }) => answer((key) => shared.monitorsNow(key, query)),
      tags: ({ query }) => answer((key) => shared.tags(key, query)),
      wall: ({ query }) => answer((key) => shared.wall(key, query)),
      phases: ({ params, query }) => answer((key) => phases(key, params.monitorId, query)),
      matrix: ({ params, query }) => answer((key) => regionMatrix(key, params.monitorId, query))
    })
  })
)
