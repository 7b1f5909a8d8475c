/**
 * The handler of drafts. It only delegates.
 */
import { Api, Auth } from "@openseer/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { OneOffJobs } from "../schedule/OneOffJobs.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves the group `checks`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "checks",
  Effect.fn(function* (handlers) {
    const oneOffJobs = yield* OneOffJobs
    return handlers.handleAll({
      run: ({ payload }) =>
        Auth.CurrentPrincipal.useSync(({ organizationKey }) => organizationKey).pipe(
          Effect.flatMap((key) => oneOffJobs.draft(key, payload)),
          Effect.map((runs) => ({ runs })),
          orUnavailable
        )
    })
  })
)
