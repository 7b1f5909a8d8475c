/**
 * `/metrics`, for Prometheus: with an API key of scope `read`, or for anybody when the operator says so.
 */
import { Auth, Problem } from "@openseer/core"
import { Effect, type Layer, Option } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { Principals } from "../accounts/Principal.ts"
import { orUnavailable } from "./Unavailable.ts"

/** Where Prometheus scrapes. */
export const metricsPath = "/metrics"

/** The route of metrics. They are the instance's, and name no organization. */
export const layer = (options: {
  readonly isPublic: boolean
}): Layer.Layer<never, never, HttpRouter.HttpRouter | Principals> =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const principals = yield* Principals
      const admit = Effect.gen(function* () {
        const principal = yield* orUnavailable(principals.authenticate(yield* HttpServerRequest.HttpServerRequest))
        if (Option.isNone(principal)) return yield* new Problem.Unauthorized()
        if (!Auth.allows(principal.value.scopes, "read")) return yield* new Problem.Forbidden()
      })
      const answer = Effect.map(PrometheusMetrics.format(), (text) =>
        HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
      )
      yield* router.add(
        "GET",
        metricsPath,
        Effect.catch(options.isPublic ? answer : Effect.andThen(admit, answer), HttpServerRespondable.toResponse)
      )
    })
  )
