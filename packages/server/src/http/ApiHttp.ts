/**
 * The routes of the REST API with its OpenAPI document and reference page, of health and of metrics, behind the guards.
 */
import { Api } from "@openseer/core"
import { Layer } from "effect"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
import { EventFeed } from "../query/EventFeed.ts"
import * as AccountHttp from "./AccountHttp.ts"
import * as AccountsHttp from "./AccountsHttp.ts"
import * as ApiAuthHttp from "./ApiAuthHttp.ts"
import * as ApiProblemsHttp from "./ApiProblemsHttp.ts"
import * as AuthHttp from "./AuthHttp.ts"
import { loopback } from "./ClientAddress.ts"
import * as ChecksHttp from "./ChecksHttp.ts"
import * as CheckTypesHttp from "./CheckTypesHttp.ts"
import * as EventsHttp from "./EventsHttp.ts"
import * as Guards from "./Guards.ts"
import * as Health from "./Health.ts"
import * as Metrics from "./Metrics.ts"
import * as MonitorsHttp from "./MonitorsHttp.ts"
import * as OidcHttp from "./OidcHttp.ts"
import * as OrganizationHttp from "./OrganizationHttp.ts"
import * as PersonAuthHttp from "./PersonAuthHttp.ts"
import * as PingHttp from "./PingHttp.ts"
import { RateLimit, type RateLimits } from "./RateLimit.ts"
import * as ResultsHttp from "./ResultsHttp.ts"
import { SessionCookie } from "./SessionCookie.ts"
import * as ViewsHttp from "./ViewsHttp.ts"

/**
 * Everything that a control plane serves besides the worker protocol, and the guards in front of both. `trustedProxies`
 * are networks or addresses; by default those of this machine.
 */
export const layer = (
  options: RateLimits & {
    readonly metricsPublic: boolean
    readonly trustedProxies?: ReadonlyArray<string>
  }
) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(Api.Api, { openapiPath: Api.openApiPath }).pipe(
      Layer.provide([
        MonitorsHttp.layer,
        AccountsHttp.layer,
        OrganizationHttp.layer,
        AuthHttp.layer,
        AccountHttp.layer,
        CheckTypesHttp.layer,
        ChecksHttp.layer,
        ResultsHttp.layer,
        ViewsHttp.layer,
        EventsHttp.layer.pipe(Layer.provide(EventFeed.layer))
      ]),
      Layer.provide([ApiAuthHttp.layer, PersonAuthHttp.layer, ApiProblemsHttp.layer]),
      Layer.provide(SessionCookie.layer)
    ),
    // The page holds its script: it works without the internet.
    HttpApiScalar.layer(Api.Api, { path: "/docs", scalar: { withDefaultFonts: false } }),
    OidcHttp.layer,
    Health.layer,
    PingHttp.layer,
    Metrics.layer({ isPublic: options.metricsPublic }),
    Guards.layer(options.trustedProxies ?? loopback)
  ).pipe(Layer.provide(RateLimit.layer(options)))
