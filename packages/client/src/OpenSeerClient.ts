/**
 * The client for the REST API in the Effect flavour: made of the contract, so that no endpoint is written down twice.
 */
import { Api } from "@openseer/core"
import { Context, Effect, Layer, Redacted, type Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import * as Call from "./Call.ts"
import * as EventStream from "./EventStream.ts"

/** The longest that one attempt of a call may take when it is not said, in milliseconds: "run now" waits up to 30 s. */
export const timeoutMsDefault = 40_000

/** Which control plane, and as whom. */
export interface OpenSeerClientOptions {
  /** Where the control plane is: `https://openseer.example.com`, with the path it is mounted at, if any. */
  readonly baseUrl: string
  /** An API key, `osk_…`. Without one, requests carry what `fetch` adds: the cookies of a page on the same origin. */
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** The longest that one attempt of a call may take, in milliseconds; {@link timeoutMsDefault} when it is not said. */
  readonly timeoutMs?: number | undefined
}

/**
 * All groups of the contract, each with its endpoints as functions, and the event stream.
 *
 * A call takes path parameters, query and payload as one object and gives the decoded body. It fails with the problems of
 * its endpoint, with `Unreachable` or with `UnexpectedAnswer`. Input that does not fit fails as `BadInput` before
 * anything is sent. `GET` is tried again up to 4 times when the connection failed, a gateway could not reach the control
 * plane or it is busy, after what `Retry-After` says and a wait that doubles, with jitter; other methods never are.
 */
export interface Shape extends Call.Calls {
  /**
   * What changes, as it changes. The stream goes on after disconnects, where it was; `hello` says whether it could.
   * It ends with a problem, or when the first connection fails for good.
   */
  readonly events: (
    options?: EventStream.EventsOptions
  ) => Stream.Stream<EventStream.LiveEvent, EventStream.EventsFailure>
}

/**
 * The client as a service.
 *
 * @example
 * ```ts
 * import { OpenSeerClient } from "@openseer/client/effect"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const { monitors } = yield* OpenSeerClient
 *   const { items } = yield* monitors.list({ state: "down" })
 *   yield* Console.log(items.map(({ name }) => name))
 * }).pipe(
 *   Effect.catchTag("Unreachable", ({ detail }) => Console.error(detail)),
 *   Effect.provide(OpenSeerClient.layer({ baseUrl: "http://127.0.0.1:8080", apiKey: "osk_…" }))
 * )
 * ```
 */
export class OpenSeerClient extends Context.Service<OpenSeerClient, Shape>()("@openseer/client/OpenSeerClient") {
  /** Speaks through `fetch`. Dies when the options can't be used. */
  static readonly layer = (options: OpenSeerClientOptions): Layer.Layer<OpenSeerClient> =>
    Layer.effect(OpenSeerClient, make(options)).pipe(Layer.provide(FetchHttpClient.layer))
}

/** Makes a client that speaks through any `HttpClient`. Dies when the options can't be used. */
export const make = Effect.fnUntraced(function* ({
  apiKey,
  baseUrl,
  timeoutMs = timeoutMsDefault
}: OpenSeerClientOptions) {
  const key = typeof apiKey === "string" ? Redacted.make(apiKey) : apiKey
  if (!/^https?:/.test(baseUrl) || !URL.canParse(baseUrl)) {
    return yield* Effect.die(
      new TypeError(`baseUrl must be like http://127.0.0.1:8080, not ${JSON.stringify(baseUrl)}`)
    )
  }
  // fetch would refuse such a header with an error that shows it.
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(Redacted.value(key))) {
    return yield* Effect.die(new TypeError("apiKey must be printable ASCII without spaces, like osk_…"))
  }
  const httpClient = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest((request) => (key === undefined ? request : HttpClientRequest.bearerToken(request, key))),
    // A browser would ask the control plane first whether it may send `traceparent` and `b3` to another origin.
    HttpClient.transform((response) => Effect.provideService(response, HttpClient.TracerPropagationEnabled, false))
  )
  const calls = Call.all(yield* HttpApiClient.makeWith(Api.Api, { httpClient, baseUrl }), timeoutMs)
  const events = yield* EventStream.make(httpClient, baseUrl)
  return OpenSeerClient.of({ ...calls, events })
})
