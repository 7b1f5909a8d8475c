/**
 * The handlers of regions, workers, enrollment tokens and API keys. They only delegate.
 */
import { Api, Auth } from "@openseer/core"
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ApiKeys } from "../accounts/ApiKeys.ts"
import { EnrollmentTokens } from "../accounts/EnrollmentTokens.ts"
import { Workers } from "../accounts/Workers.ts"
import { orUnavailable } from "./Unavailable.ts"

const organization = Auth.CurrentPrincipal.useSync(({ organizationKey }) => organizationKey)
const asItems = <A>(items: ReadonlyArray<A>) => ({ items })

const RegionsLayer = HttpApiBuilder.group(
  Api.Api,
  "regions",
  Effect.fn(function* (handlers) {
    const workers = yield* Workers
    return handlers.handleAll({
      list: () => organization.pipe(Effect.flatMap(workers.regions), Effect.map(asItems), orUnavailable)
    })
  })
)

const WorkersLayer = HttpApiBuilder.group(
  Api.Api,
  "workers",
  Effect.fn(function* (handlers) {
    const workers = yield* Workers
    return handlers.handleAll({
      list: () => organization.pipe(Effect.flatMap(workers.list), Effect.map(asItems), orUnavailable),
      revoke: ({ params }) =>
        organization.pipe(
          Effect.flatMap((key) => workers.revoke(key, params.workerId)),
          orUnavailable
        )
    })
  })
)

const EnrollmentTokensLayer = HttpApiBuilder.group(
  Api.Api,
  "enrollmentTokens",
  Effect.fn(function* (handlers) {
    const tokens = yield* EnrollmentTokens
    return handlers.handleAll({
      list: () => organization.pipe(Effect.flatMap(tokens.list), Effect.map(asItems), orUnavailable),
      create: ({ payload }) =>
        organization.pipe(
          Effect.flatMap((key) => tokens.create(key, payload)),
          orUnavailable
        ),
      revoke: ({ params }) =>
        organization.pipe(
          Effect.flatMap((key) => tokens.revoke(key, params.enrollmentTokenId)),
          orUnavailable
        )
    })
  })
)

const ApiKeysLayer = HttpApiBuilder.group(
  Api.Api,
  "apiKeys",
  Effect.fn(function* (handlers) {
    const apiKeys = yield* ApiKeys
    return handlers.handleAll({
      list: () => organization.pipe(Effect.flatMap(apiKeys.list), Effect.map(asItems), orUnavailable),
      create: ({ payload }) =>
        organization.pipe(
          Effect.flatMap((key) => apiKeys.create(key, payload)),
          orUnavailable
        ),
      revoke: ({ params }) =>
        organization.pipe(
          Effect.flatMap((key) => apiKeys.revoke(key, params.apiKeyId)),
          orUnavailable
        )
    })
  })
)

/** Serves the groups `regions`, `workers`, `enrollmentTokens` and `apiKeys`. */
export const layer = Layer.mergeAll(RegionsLayer, WorkersLayer, EnrollmentTokensLayer, ApiKeysLayer)
