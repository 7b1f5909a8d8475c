/**
 * What an organization owns besides monitors: regions, workers, enrollment tokens and API keys.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ApiKeyId, EnrollmentTokenId, WorkerId } from "../accounts/Id.ts"
import { CheckTypeRef } from "../check/CheckType.ts"
import { Instant, Label, nameLengthMax } from "../monitor/Monitor.ts"
import { RegionName } from "../monitor/Region.ts"
import { ApiAuth, ApiProblems, RequiredScope, Scope } from "./Auth.ts"
import { BadInput, LimitReached, NotFound } from "./Problem.ts"
import { WorkerHealth } from "./WorkerRpc.ts"

/** A worker that was not heard of for this long counts as lost, in milliseconds: three heartbeats. */
export const workerLostMs = 30_000

/** The most valid API keys of an organization, and the most valid enrollment tokens. */
export const credentialsMax = 500

/** How often one enrollment token may be used at most. */
export const enrollmentUsesMax = 10_000

/** The life of an enrollment token that states none, in milliseconds: one hour. */
export const enrollmentExpiresInMsDefault = 3_600_000

/** The longest life of a credential that expires, in milliseconds: five years. */
export const expiresInMsMax = 157_680_000_000

/** Whose something is: this organization's own, or the instance's, which serves every organization. */
export const Owner = Schema.Literals(["organization", "instance"]).annotate({ identifier: "Owner" })

const ExpiresInMs = Schema.Int.check(Schema.isBetween({ minimum: 1_000, maximum: expiresInMsMax }))
const Name = Label(nameLengthMax)

/** A region, with how many of the workers that execute its jobs are healthy and how many are lost. */
export const Region = Schema.Struct({
  name: RegionName,
  owner: Owner,
  workersHealthy: Schema.Int,
  workersLost: Schema.Int,
  seenAt: Schema.optionalKey(Instant)
}).annotate({ identifier: "Region" })
export type Region = typeof Region.Type

/** A worker. `seenAt` and what follows are absent until its first heartbeat. */
export const Worker = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  region: RegionName,
  owner: Owner,
  status: Schema.Literals(["healthy", "lost", "revoked"]),
  enrolledAt: Instant,
  seenAt: Schema.optionalKey(Instant),
  version: Schema.optionalKey(Schema.String),
  checkTypes: Schema.optionalKey(Schema.Array(CheckTypeRef)),
  health: Schema.optionalKey(WorkerHealth)
}).annotate({ identifier: "Worker" })
export type Worker = typeof Worker.Type

/** An enrollment token as lists show it. Without `usesLeft` it may be used any number of times. */
export const EnrollmentToken = Schema.Struct({
  id: Schema.String,
  display: Schema.String,
  region: RegionName,
  usesLeft: Schema.optionalKey(Schema.Int),
  createdAt: Instant,
  expiresAt: Instant,
  revokedAt: Schema.optionalKey(Instant)
}).annotate({ identifier: "EnrollmentToken" })
export type EnrollmentToken = typeof EnrollmentToken.Type

/** What creates an enrollment token: its region, made when it is new; `uses` null for any number of workers. */
export const EnrollmentTokenInput = Schema.Struct({
  region: RegionName,
  uses: Schema.optionalKey(
    Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: enrollmentUsesMax })))
  ),
  expiresInMs: Schema.optionalKey(ExpiresInMs)
}).annotate({ identifier: "EnrollmentTokenInput" })
export type EnrollmentTokenInput = typeof EnrollmentTokenInput.Type

/** An API key as lists show it. Without `expiresAt` it is valid until it is revoked. */
export const ApiKey = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  display: Schema.String,
  scopes: Schema.Array(Scope),
  createdAt: Instant,
  expiresAt: Schema.optionalKey(Instant),
  lastUsedAt: Schema.optionalKey(Instant),
  revokedAt: Schema.optionalKey(Instant)
}).annotate({ identifier: "ApiKey" })
export type ApiKey = typeof ApiKey.Type

/**
 * What creates an API key. Without `expiresInMs` it is valid until it is revoked. One that another key creates expires with
 * that one at the latest.
 */
export const ApiKeyInput = Schema.Struct({
  name: Name,
  scopes: Schema.Array(Scope).check(
    Schema.makeFilter((granted) => (granted.length > 0 && granted.length <= 3) || "must name one to three scopes")
  ),
  expiresInMs: Schema.optionalKey(ExpiresInMs)
}).annotate({ identifier: "ApiKeyInput" })
export type ApiKeyInput = typeof ApiKeyInput.Type

const items = <S extends Schema.Top>(item: S, identifier: string) =>
  Schema.Struct({ items: Schema.Array(item) }).annotate({ identifier })

/** The whole token, shown this once. */
const token = { token: Schema.String.annotate({ description: "The token itself. It is shown this once." }) }

const operation = (summary: string, description: string) => OpenApi.annotations({ summary, description })

/** The endpoints of regions. */
export class RegionsApi extends HttpApiGroup.make("regions")
  .add(
    HttpApiEndpoint.get("list", "/", { success: items(Region, "Regions") })
      .annotate(RequiredScope, "read")
      .annotateMerge(operation("List regions", "The organization's own regions and those of the instance."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/regions")
  .annotateMerge(OpenApi.annotations({ title: "Regions", description: "Where checks run." })) {}

/** The endpoints of workers. */
export class WorkersApi extends HttpApiGroup.make("workers")
  .add(
    HttpApiEndpoint.get("list", "/", { success: items(Worker, "Workers") })
      .annotate(RequiredScope, "read")
      .annotateMerge(operation("List workers", "Those of the organization and of the instance, revoked ones last.")),
    HttpApiEndpoint.delete("revoke", "/:workerId", { params: { workerId: WorkerId }, error: NotFound })
      .annotate(RequiredScope, "admin")
      .annotateMerge(operation("Revoke a worker", "Its token is refused from its next request on."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/workers")
  .annotateMerge(OpenApi.annotations({ title: "Workers", description: "What executes checks." })) {}

/** The endpoints of enrollment tokens. */
export class EnrollmentTokensApi extends HttpApiGroup.make("enrollmentTokens")
  .add(
    HttpApiEndpoint.get("list", "/", { success: items(EnrollmentToken, "EnrollmentTokens") })
      .annotate(RequiredScope, "admin")
      .annotateMerge(operation("List enrollment tokens", "Newest first, without the tokens themselves.")),
    HttpApiEndpoint.post("create", "/", {
      payload: EnrollmentTokenInput,
      success: Schema.Struct({ ...EnrollmentToken.fields, ...token })
        .annotate({ identifier: "NewEnrollmentToken" })
        .pipe(HttpApiSchema.status(201)),
      error: [BadInput, LimitReached]
    })
      .annotate(RequiredScope, "admin")
      .annotateMerge(
        operation(
          "Create an enrollment token",
          "A worker trades it for a token of its own. One that an API key creates expires with that key at the latest."
        )
      ),
    HttpApiEndpoint.delete("revoke", "/:enrollmentTokenId", {
      params: { enrollmentTokenId: EnrollmentTokenId },
      error: NotFound
    })
      .annotate(RequiredScope, "admin")
      .annotateMerge(operation("Revoke an enrollment token", "Workers that enrolled with it stay."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/enrollment-tokens")
  .annotateMerge(OpenApi.annotations({ title: "Enrollment tokens", description: "What lets new workers in." })) {}

/** The endpoints of API keys. */
export class ApiKeysApi extends HttpApiGroup.make("apiKeys")
  .add(
    HttpApiEndpoint.get("list", "/", { success: items(ApiKey, "ApiKeys") })
      .annotate(RequiredScope, "admin")
      .annotateMerge(operation("List API keys", "Newest first, without the keys themselves.")),
    HttpApiEndpoint.post("create", "/", {
      payload: ApiKeyInput,
      success: Schema.Struct({ ...ApiKey.fields, ...token })
        .annotate({ identifier: "NewApiKey" })
        .pipe(HttpApiSchema.status(201)),
      error: [BadInput, LimitReached]
    })
      .annotate(RequiredScope, "admin")
      .annotateMerge(
        operation(
          "Create an API key",
          "The key is in the answer, and shown this once. One that a key creates expires with that key at the latest."
        )
      ),
    HttpApiEndpoint.delete("revoke", "/:apiKeyId", { params: { apiKeyId: ApiKeyId }, error: NotFound })
      .annotate(RequiredScope, "admin")
      .annotateMerge(operation("Revoke an API key", "It is refused from the next request on."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/api-keys")
  .annotateMerge(OpenApi.annotations({ title: "API keys", description: "What lets services in." })) {}
