/**
 * The endpoints of the contract as types: what a call takes, gives and fails with.
 */
import type { Api } from "@openseer/core"
import type { Types } from "effect"
import type {
  HttpApi,
  HttpApiClient,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema
} from "effect/http-api"

type GroupsOf<Self> = Self extends HttpApi.HttpApi<string, infer Groups> ? Groups : never

type AnyGroup = GroupsOf<typeof Api.Api>

/** The groups whose endpoints are calls: all but that of the event stream. */
export type Group = Exclude<AnyGroup, { readonly identifier: "events" }>

type Members<T> = [T] extends [never] ? unknown : T

// What is sent may leave out what has a default: the encoded side of the schema under the codec of a payload.
type Sent<Payload> = Payload extends { readonly schema: { readonly Encoded: infer Encoded } } ? Encoded : never

/** What a call takes: path parameters, query and payload as one object. */
export type Input<Endpoint> = Endpoint extends HttpApiEndpoint.ConstraintRequest
  ? Types.Simplify<
      Members<Endpoint["~Params"]["Type"]> & Members<Endpoint["~Query"]["Type"]> & Members<Sent<Endpoint["~Payload"]>>
    >
  : never

type Body<Success> = Success extends HttpApiSchema.withHeaders<infer Inner, infer _Headers> ? Inner : Success

/** What a call gives: the decoded body. */
export type Answer<Endpoint> = Endpoint extends HttpApiEndpoint.ConstraintRequest
  ? Body<HttpApiClient.SuccessType<Endpoint["~Success"]>>
  : never

/** The problems that an endpoint may answer. */
export type Problem<Endpoint> = Endpoint extends HttpApiEndpoint.ConstraintRequest
  ? Endpoint["~Error"]["Type"] | HttpApiMiddleware.Error<Endpoint["~Middleware"]>
  : never

/** The problems that any endpoint may answer. */
export type AnyProblem = Problem<HttpApiGroup.Endpoints<AnyGroup>>

/** The arguments of a call: the input may be left out when every member of it may. */
export type Arguments<In, Options extends ReadonlyArray<unknown> = []> = {} extends In
  ? [input?: In, ...Options]
  : [input: In, ...Options]
