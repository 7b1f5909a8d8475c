/**
 * What the API answers when it can't do what was asked: RFC 9457 problems, `application/problem+json`, told apart by
 * `type`. Each is a yieldable error.
 */
import { Schema } from "effect"
import { HttpApiError, HttpApiSchema } from "effect/http-api"

/** One thing that is wrong with a request: where (`spec.url`), and what to do about it. */
export const ProblemIssue = Schema.Struct({ path: Schema.String, message: Schema.String }).annotate({
  identifier: "ProblemIssue"
})
export type ProblemIssue = typeof ProblemIssue.Type

const errors = { errors: Schema.Array(ProblemIssue) }

/** The request can't be read: not JSON, or a query parameter or header that is not what it must be. */
export class BadRequest extends HttpApiError.Problem<BadRequest>()(
  "BadRequest",
  { type: "urn:openseer:problem:bad-request", status: 400, title: "The request can't be read" },
  errors
) {}

/** The body is JSON, but members are unknown, missing or not what they must be. Every one of them is named. */
export class BadInput extends HttpApiError.Problem<BadInput>()(
  "BadInput",
  { type: "urn:openseer:problem:bad-input", status: 422, title: "Some of the input is not what it must be" },
  errors
) {}

/** No credential, or one that is unknown, expired or revoked: it is not said which. */
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()("Unauthorized", {
  type: "urn:openseer:problem:unauthorized",
  status: 401,
  title: "Send a valid API key as `Authorization: Bearer osk_…`"
}) {}

/** The credential is valid and may not do this. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", {
  type: "urn:openseer:problem:forbidden",
  status: 403,
  title: "This credential may not do that"
}) {}

/** There is no such thing, or it is another organization's: it is not said which. */
export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", {
  type: "urn:openseer:problem:not-found",
  status: 404,
  title: "There is nothing here"
}) {}

/** The path exists and does not take this method; `Allow` names those that it takes. */
export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()("MethodNotAllowed", {
  type: "urn:openseer:problem:method-not-allowed",
  status: 405,
  title: "This path does not take that method"
}) {}

/** The body did not come in time. */
export class RequestTimeout extends HttpApiError.Problem<RequestTimeout>()("RequestTimeout", {
  type: "urn:openseer:problem:request-timeout",
  status: 408,
  title: "The body took too long"
}) {}

/** There are as many as there may be, in the organization or of one person. */
export class LimitReached extends HttpApiError.Problem<LimitReached>()(
  "LimitReached",
  {
    type: "urn:openseer:problem:limit-reached",
    status: 409,
    title: "There are as many as there may be"
  },
  { limit: Schema.Int }
) {}

/** Somebody changed it in the meantime: read it again. `version` is the current one. */
export class VersionMismatch extends HttpApiError.Problem<VersionMismatch>()(
  "VersionMismatch",
  { type: "urn:openseer:problem:version-mismatch", status: 412, title: "It was changed in the meantime" },
  { version: Schema.Int }
) {}

/** The body is larger than `limitBytes`. */
export class PayloadTooLarge extends HttpApiError.Problem<PayloadTooLarge>()(
  "PayloadTooLarge",
  { type: "urn:openseer:problem:payload-too-large", status: 413, title: "The body is too large" },
  { limitBytes: Schema.Int }
) {}

/** The body is not `application/json`. */
export class UnsupportedMediaType extends HttpApiError.Problem<UnsupportedMediaType>()("UnsupportedMediaType", {
  type: "urn:openseer:problem:unsupported-media-type",
  status: 415,
  title: "Send the body as application/json"
}) {}

/** It comes too often, and was not done. Try again after `retryAfterSeconds`, also `Retry-After`. */
export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()(
  "TooManyRequests",
  {
    type: "urn:openseer:problem:too-many-requests",
    status: 429,
    title: "Too often: try again in a moment"
  },
  { retryAfterSeconds: Schema.Int }
) {}

/** {@link TooManyRequests} as it is sent: with its `Retry-After` header. */
export const TooManyRequestsResponse = TooManyRequests.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: TooManyRequests, headers: { "retry-after": Schema.Int } },
    {
      decode: ({ body }) => body,
      encode: (problem) => ({ body: problem, headers: { "retry-after": problem.retryAfterSeconds } })
    }
  )
)

/** Email, password or code are wrong, or too old: it is not said which. */
export class SignInRefused extends HttpApiError.Problem<SignInRefused>()("SignInRefused", {
  type: "urn:openseer:problem:sign-in-refused",
  status: 401,
  title: "That is not right, or not valid any more"
}) {}

/** Whoever has neither a password nor a second factor shows who they are by signing in again: the session is too old. */
export class SessionTooOld extends HttpApiError.Problem<SessionTooOld>()("SessionTooOld", {
  type: "urn:openseer:problem:session-too-old",
  status: 403,
  title: "Sign in again first: this needs a session that began in the last ten minutes"
}) {}

/** The instance has an owner: whoever has no account needs an invitation. */
export class AlreadySetUp extends HttpApiError.Problem<AlreadySetUp>()("AlreadySetUp", {
  type: "urn:openseer:problem:already-set-up",
  status: 409,
  title: "This instance has an owner already: sign in, or ask for an invitation"
}) {}

/** An organization has at least one owner: make somebody else an owner first. */
export class LastOwner extends HttpApiError.Problem<LastOwner>()("LastOwner", {
  type: "urn:openseer:problem:last-owner",
  status: 409,
  title: "This is the last owner: make somebody else an owner first"
}) {}

/** The link was used, revoked, has expired, is for somebody else, or was never one. */
export class LinkInvalid extends HttpApiError.Problem<LinkInvalid>()("LinkInvalid", {
  type: "urn:openseer:problem:link-invalid",
  status: 410,
  title: "This link is not valid any more: ask for a new one"
}) {}

/** Too many attempts failed, of this account or from this address. Try again after `retryAfterSeconds`. */
export class TooManyAttempts extends HttpApiError.Problem<TooManyAttempts>()(
  "TooManyAttempts",
  { type: "urn:openseer:problem:too-many-attempts", status: 429, title: "Too many attempts: wait a moment" },
  { retryAfterSeconds: Schema.Int }
) {}

/** {@link TooManyAttempts} as it is sent: with its `Retry-After` header. */
export const TooManyAttemptsResponse = TooManyAttempts.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: TooManyAttempts, headers: { "retry-after": Schema.Int } },
    {
      decode: ({ body }) => body,
      encode: (problem) => ({ body: problem, headers: { "retry-after": problem.retryAfterSeconds } })
    }
  )
)

/** It failed in a way that nobody foresaw. It is logged; `instance` names the trace. */
export class InternalError extends HttpApiError.Problem<InternalError>()("InternalError", {
  type: "urn:openseer:problem:internal-error",
  status: 500,
  title: "Something went wrong on our side"
}) {}

/** Too much is going on, or the database can't be reached. Try again after `retryAfterSeconds`, also `Retry-After`. */
export class ServiceUnavailable extends HttpApiError.Problem<ServiceUnavailable>()(
  "ServiceUnavailable",
  { type: "urn:openseer:problem:service-unavailable", status: 503, title: "Busy: try again in a moment" },
  { retryAfterSeconds: Schema.Int }
) {}

/** {@link ServiceUnavailable} as it is sent: with its `Retry-After` header. */
export const ServiceUnavailableResponse = ServiceUnavailable.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: ServiceUnavailable, headers: { "retry-after": Schema.Int } },
    {
      decode: ({ body }) => body,
      encode: (problem) => ({ body: problem, headers: { "retry-after": problem.retryAfterSeconds } })
    }
  )
)
