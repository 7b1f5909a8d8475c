/**
 * The handlers of monitors. They only delegate.
 */
import { Api, Auth, type Monitor, Problem } from "@openseer/core"
import { Effect, Redacted } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { MonitorQueries } from "../query/MonitorQueries.ts"
import * as BulkChanges from "../schedule/BulkChanges.ts"
import { Monitors } from "../schedule/Monitors.ts"
import { OneOffJobs } from "../schedule/OneOffJobs.ts"
import { PingTokens } from "../schedule/PingTokens.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Serves the group `monitors`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "monitors",
  Effect.fn(function* (handlers) {
    const monitors = yield* Monitors
    const queries = yield* MonitorQueries
    const oneOffJobs = yield* OneOffJobs
    const pingTokens = yield* PingTokens
    const organization = Auth.CurrentPrincipal.useSync(({ organizationKey }) => organizationKey)
    return handlers.handleAll({
      list: ({ query }) =>
        organization.pipe(
          Effect.flatMap((key) => queries.list(key, query)),
          orUnavailable
        ),
      get: ({ params }) =>
        organization.pipe(
          Effect.flatMap((key) => queries.get(key, params.monitorId)),
          orUnavailable
        ),
      create: ({ payload }) =>
        Effect.gen(function* () {
          const key = yield* organization
          const monitorId = yield* monitors.create(key, payload)
          // Deleted by somebody in this very moment: then there is nothing here, as for everybody else.
          const body = yield* Effect.catchTag(queries.get(key, monitorId), "NotFound", Effect.die)
          return HttpApiSchema.withHeaders({ body, headers: { location: `/api/v1/monitors/${monitorId}` } })
        }).pipe(orUnavailable),
      update: ({ headers, params, payload }) =>
        Effect.gen(function* () {
          const key = yield* organization
          yield* monitors.update(key, params.monitorId, yield* withVersion(payload, headers["if-match"]))
          return yield* queries.get(key, params.monitorId)
        }).pipe(orUnavailable),
      remove: ({ params }) =>
        organization.pipe(
          Effect.flatMap((key) => monitors.remove(key, params.monitorId)),
          orUnavailable
        ),
      pause: ({ params }) =>
        Effect.gen(function* () {
          const key = yield* organization
          yield* monitors.pause(key, params.monitorId)
          return yield* queries.get(key, params.monitorId)
        }).pipe(orUnavailable),
      resume: ({ params }) =>
        Effect.gen(function* () {
          const key = yield* organization
          yield* monitors.resume(key, params.monitorId)
          return yield* queries.get(key, params.monitorId)
        }).pipe(orUnavailable),
      run: ({ params, payload }) =>
        organization.pipe(
          Effect.flatMap((key) => oneOffJobs.run(key, params.monitorId, payload)),
          Effect.map((runs) => ({ runs })),
          orUnavailable
        ),
      bulk: ({ payload }) => Effect.flatMap(organization, (key) => BulkChanges.run(monitors, key, payload)),
      pingUrl: ({ params }) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const token = yield* pingTokens.renew(yield* organization, params.monitorId)
          const path = `/ping/${Redacted.value(token)}`
          return { url: `${originOf(request)}${path}`, path }
        }).pipe(orUnavailable)
    })
  })
)

/**
 * Where the caller reached us, as far as its headers tell; of several proxies, the first one's. Anybody may write anything
 * there, so it is told to that caller alone, and neither stored nor cached.
 */
const originOf = ({ headers, originalUrl }: HttpServerRequest.HttpServerRequest): string => {
  const first = (name: string) => headers[name]?.split(",", 1)[0]?.trim()
  const own = URL.canParse(originalUrl) ? new URL(originalUrl) : undefined
  const scheme = first("x-forwarded-proto") ?? own?.protocol.slice(0, -1)
  const host = first("x-forwarded-host") ?? headers["host"] ?? own?.host
  const origin = `${scheme === "https" ? "https" : "http"}://${host}`
  return host !== undefined && URL.canParse(origin) ? new URL(origin).origin : "http://localhost"
}

/** The change with the version of `If-Match`, when there is one. */
const withVersion = (
  change: Monitor.MonitorChange,
  ifMatch: string | undefined
): Effect.Effect<Monitor.MonitorChange, Problem.BadRequest> => {
  if (ifMatch === undefined || ifMatch === "*") return Effect.succeed(change)
  const version = /^"?([1-9]\d{0,8})"?$/.exec(ifMatch)?.[1]
  const isAmbiguous = version !== undefined && change.version !== undefined && change.version !== Number(version)
  return version === undefined || isAmbiguous
    ? Effect.fail(
        new Problem.BadRequest({
          errors: [{ path: "if-match", message: 'must be one version in quotes, like "7", the same as in the body' }]
        })
      )
    : Effect.succeed({ ...change, version: Number(version) })
}
