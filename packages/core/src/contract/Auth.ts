/**
 * Who is asking, and what they may do: the middleware of every endpoint of the REST API.
 */
import { Context, Schema } from "effect"
import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import type { Role } from "../accounts/Role.ts"
import {
  BadInput,
  BadRequest,
  Forbidden,
  InternalError,
  NotFound,
  PayloadTooLarge,
  RequestTimeout,
  ServiceUnavailableResponse,
  TooManyRequestsResponse,
  Unauthorized,
  UnsupportedMediaType
} from "./Problem.ts"

/** What a credential allows. Each includes those before it: `admin` may write, `write` may read. */
export const scopes = ["read", "write", "admin"] as const

/** What a credential allows: see {@link scopes}. */
export const Scope = Schema.Literals(scopes).annotate({ identifier: "Scope", message: "must be read, write or admin" })
export type Scope = typeof Scope.Type

/** Whether a credential with these scopes may do what needs `needed`. */
export const allows = (granted: ReadonlyArray<Scope>, needed: Scope): boolean =>
  granted.some((scope) => scopes.indexOf(scope) >= scopes.indexOf(needed))

/**
 * Who sent a request, as the control plane knows it. No endpoint takes an organization as a parameter: it is this one.
 */
export class CurrentPrincipal extends Context.Service<
  CurrentPrincipal,
  {
    readonly kind: "api_key" | "session" | "embedder"
    /** Names the credential or its owner in logs: `key_…`, or what the embedding program says. */
    readonly id: string
    /** What the embedding program calls it, for the audit log. */
    readonly name?: string
    readonly organizationKey: number
    readonly scopes: ReadonlyArray<Scope>
    /** Of a session: whose it is, and as what they are in the organization. */
    readonly person?: { readonly userId: string; readonly userKey: number; readonly role: Role }
  }
>()("@openseer/core/CurrentPrincipal") {}

/** The person whose session a request belongs to. `sessionId` is public; without `organizationKey` they are in none. */
export class CurrentPerson extends Context.Service<
  CurrentPerson,
  {
    readonly userId: string
    readonly userKey: number
    readonly sessionId: string
    readonly organizationKey?: number
    readonly role?: Role
  }
>()("@openseer/core/CurrentPerson") {}

/** The scope that an endpoint needs. An endpoint that states none needs `admin`. */
export const RequiredScope = Context.Reference<Scope>("@openseer/core/RequiredScope", { defaultValue: () => "admin" })

/** Whether only a person who is signed in may call the endpoint, and no API key: what is about people. */
export const PersonOnly = Context.Reference<boolean>("@openseer/core/PersonOnly", { defaultValue: () => false })

/**
 * Turns the credential of a request into a {@link CurrentPrincipal} and checks that it may call the endpoint.
 * Fails with `Unauthorized` or `Forbidden`, with `TooManyRequests` when the credential is used too often, and with
 * `ServiceUnavailable` when that can't be found out now.
 */
export class ApiAuth extends HttpApiMiddleware.Service<ApiAuth, { provides: CurrentPrincipal }>()(
  "@openseer/core/ApiAuth",
  {
    error: [Unauthorized, Forbidden, TooManyRequestsResponse, ServiceUnavailableResponse],
    security: {
      apiKey: HttpApiSecurity.bearer.pipe(
        HttpApiSecurity.annotateMerge(
          OpenApi.annotations({ description: "An API key, `osk_…`, as `Authorization: Bearer`." })
        )
      )
    }
  }
) {}

/**
 * Turns the cookie of a request into a {@link CurrentPerson}: for what people have of their own, in whatever organization.
 * Fails with `Unauthorized`, with `Forbidden` for API keys, with `TooManyRequests` and with `ServiceUnavailable`.
 */
export class PersonAuth extends HttpApiMiddleware.Service<PersonAuth, { provides: CurrentPerson }>()(
  "@openseer/core/PersonAuth",
  { error: [Unauthorized, Forbidden, TooManyRequestsResponse, ServiceUnavailableResponse] }
) {}

/**
 * Answers what can't be read or decoded, and what nobody can serve now, as problems. The body must come in time and be
 * small JSON that is not nested too deep.
 */
export class ApiProblems extends HttpApiMiddleware.Service<ApiProblems>()("@openseer/core/ApiProblems", {
  error: [
    BadRequest,
    NotFound,
    RequestTimeout,
    PayloadTooLarge,
    UnsupportedMediaType,
    BadInput,
    InternalError,
    ServiceUnavailableResponse
  ]
}) {}
