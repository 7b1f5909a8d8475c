/**
 * The REST API of the control plane: one HttpApi, from which handlers, clients, OpenAPI and tests are made.
 */
import { HttpApi, OpenApi } from "effect/http-api"
import { AccountApi } from "./AccountApi.ts"
import { ApiKeysApi, EnrollmentTokensApi, RegionsApi, WorkersApi } from "./AccountsApi.ts"
import { AuthApi } from "./AuthApi.ts"
import { ChecksApi } from "./ChecksApi.ts"
import { CheckTypesApi } from "./CheckTypesApi.ts"
import { EventsApi } from "./EventsApi.ts"
import { MonitorsApi } from "./MonitorsApi.ts"
import { AuditLogApi, InvitationsApi, MembersApi, OrganizationApi } from "./OrganizationApi.ts"
import { ResultsApi } from "./ResultsApi.ts"
import { ViewsApi } from "./ViewsApi.ts"

/** Where the OpenAPI 3.1 document is served. */
export const openApiPath = "/api/v1/openapi.json"

/** Unknown members are refused, and all that is wrong is told at once. Answers may grow members at any time. */
const strict = { errors: "all", onExcessProperty: "error" } as const

/** How the library writes a number in a path, query or header: as a text with this pattern. */
const numberPattern = "^[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:[Ee][+-]?\\d+)?$"

/** Gives schemas the names that they have here, and numbers in queries and headers their type. */
const readable = (spec: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(spec, (_, value: unknown) =>
      typeof value === "object" && value !== null && "pattern" in value && value.pattern === numberPattern
        ? { type: "number" }
        : value
    ).replaceAll(/([A-Z]\w*)Encoded"/g, '$1"')
  ) as Record<string, unknown>

/** The REST API, version 1. */
export class Api extends HttpApi.make("openseer")
  .add(MonitorsApi)
  .add(ChecksApi)
  .add(ResultsApi)
  .add(ViewsApi)
  .add(EventsApi)
  .add(RegionsApi)
  .add(WorkersApi)
  .add(EnrollmentTokensApi)
  .add(ApiKeysApi)
  .add(OrganizationApi)
  .add(MembersApi)
  .add(InvitationsApi)
  .add(AuditLogApi)
  .add(CheckTypesApi)
  .add(AuthApi)
  .add(AccountApi)
  .annotate(HttpApi.PayloadParseOptions, strict)
  .annotate(HttpApi.QueryParseOptions, strict)
  .annotateMerge(
    OpenApi.annotations({
      title: "OpenSeer API",
      version: "1",
      description:
        "Monitors, their results, regions, workers and credentials of one organization: the one whose API key is sent " +
        "as `Authorization: Bearer osk_…`. Problems are answered as `application/problem+json` (RFC 9457).",
      transform: readable
    })
  ) {}
