/**
 * One endpoint as one function: splits its input, calls, reads the answer and, for safe methods, tries again.
 */
import { Api } from "@openseer/core"
import { Effect, Schema } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import { HttpApi, HttpApiClient, type HttpApiEndpoint, HttpApiSchema } from "effect/http-api"
import * as Backoff from "./Backoff.ts"
import type * as Endpoint from "./Endpoint.ts"
import * as Failure from "./Failure.ts"
import type { UnexpectedAnswer } from "./UnexpectedAnswer.ts"
import { Unreachable } from "./Unreachable.ts"

/** All calls: the groups of the contract, and in each its endpoints. */
// Written out and not as a type of its own, so that editors show what a call takes and gives.
export type Calls = {
  readonly [Group in Endpoint.Group as Group["identifier"]]: {
    readonly [Name in keyof Group["endpoints"]]: (
      ...args: Endpoint.Arguments<Endpoint.Input<Group["endpoints"][Name]>>
    ) => Effect.Effect<
      Endpoint.Answer<Group["endpoints"][Name]>,
      Endpoint.Problem<Group["endpoints"][Name]> | Unreachable | UnexpectedAnswer
    >
  }
}

/** The client that the library makes of the contract. */
export type ApiClient = HttpApiClient.ForApi<typeof Api.Api>

/** Makes the calls of all endpoints. `timeoutMs` is the longest that one attempt may take. */
export const all = (client: ApiClient, timeoutMs: number): Calls => {
  const methods = client as unknown as Methods
  const calls: Record<string, Record<string, AnyCall>> = {}
  HttpApi.reflect(Api.Api, {
    predicate: ({ group }) => group.identifier !== "events",
    onGroup: ({ group }) => {
      calls[group.identifier] = {}
    },
    onEndpoint: ({ endpoint, group }) => {
      const method = methods[group.identifier]?.[endpoint.identifier] as Method
      const names = { group: group.identifier, endpoint: endpoint.identifier } as Names
      const once = attempt(endpoint, method, HttpApiClient.decodeResponse(Api.Api, names), timeoutMs)
      Object.assign(calls[group.identifier] as {}, {
        [endpoint.identifier]: endpoint.method === "GET" ? persistent(once) : once
      })
    }
  })
  return calls as unknown as Calls
}

type Values = { readonly [member: string]: unknown }

type AnyCall = (input?: Values) => Effect.Effect<unknown, Failure.Failure>

/** What the library makes of an endpoint, in the one way in which it is used here. */
type Method = (request: {
  readonly params: Values
  readonly query: Values
  readonly payload: unknown
  readonly headers: Values
  readonly responseMode: "response-only"
}) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Schema.SchemaError>

type Methods = { readonly [group: string]: { readonly [endpoint: string]: Method } }

/** Reflection knows no types: the names of any one endpoint stand for those of all. */
type Names = { readonly group: "monitors"; readonly endpoint: "list" }

type PayloadSchema = Schema.Codec<unknown, unknown>

type Decode = (
  response: HttpClientResponse.HttpClientResponse
) => Effect.Effect<unknown, Endpoint.AnyProblem | HttpClientError.HttpClientError | Schema.SchemaError>

const strict = { errors: "all", onExcessProperty: "error" } as const

const attempt = (endpoint: HttpApiEndpoint.Top, method: Method, decode: Decode, timeoutMs: number): AnyCall => {
  const payloads = [...endpoint.payload.values()].flatMap(
    ({ schemas }) => schemas as Iterable<unknown>
  ) as Array<PayloadSchema>
  // A payload is decoded before the library encodes it: that fills in what has a default.
  const decodePayload = Schema.decodeUnknownEffect(Schema.Union(payloads), strict)
  const hasHeaders = [...endpoint.success].some(HttpApiSchema.isWithHeaders)
  const isParam = (name: string) => endpoint.path.split("/").includes(`:${name}`)
  const late = Effect.suspend(() =>
    Effect.fail(
      new Unreachable({
        reason: "timeout",
        method: endpoint.method,
        url: endpoint.path,
        detail: `no answer within ${timeoutMs} ms`
      })
    )
  )

  return Effect.fnUntraced(
    function* (input = {}) {
      const members = Object.entries(input).filter(([, value]) => value !== undefined)
      const params = Object.fromEntries(members.filter(([name]) => isParam(name)))
      const others = Object.fromEntries(members.filter(([name]) => !isParam(name)))
      const sent =
        payloads.length === 0
          ? { query: others, payload: undefined }
          : { query: {}, payload: yield* decodePayload(others) }
      const response = yield* method({ params, ...sent, headers: {}, responseMode: "response-only" })
      yield* response.arrayBuffer
      const answer = yield* Effect.mapError(decode(response), (error) => Failure.fromAnswer(response, error))
      return hasHeaders ? (answer as { readonly body: unknown }).body : answer
    },
    Effect.mapError(Failure.fromCall),
    Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => late })
  )
}

const persistent =
  (call: AnyCall): AnyCall =>
  (input) => {
    const from = (failures: number): Effect.Effect<unknown, Failure.Failure> =>
      Effect.catch(call(input), (failure) =>
        failures <= Backoff.retriesMax && Backoff.isTransient(failure)
          ? Effect.andThen(Backoff.pause(failures, failure), from(failures + 1))
          : Effect.fail(failure)
      )
    return from(1)
  }
