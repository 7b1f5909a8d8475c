/**
 * The client for the REST API in the promise flavour: the Effect flavour, run.
 */
import { Cause, Effect, Exit, Layer, Option, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import type * as Endpoint from "./Endpoint.ts"
import type { EventsOptions, LiveEvent } from "./EventStream.ts"
import type { Failure } from "./Failure.ts"
import { make } from "./OpenSeerClient.ts"
import { OpenSeerError } from "./OpenSeerError.ts"

/** Which control plane, and as whom. */
export interface ClientOptions {
  /** Where the control plane is: `https://openseer.example.com`, with the path it is mounted at, if any. */
  readonly baseUrl: string
  /** An API key, `osk_…`. Without one, requests carry what `fetch` adds: the cookies of a page on the same origin. */
  readonly apiKey?: string | undefined
  /** The longest that one attempt of a call may take, in milliseconds. 40 seconds when it is not said. */
  readonly timeoutMs?: number | undefined
  /** Sends the requests, instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** How to make one call. */
export interface CallOptions {
  /** Stops the call. Its promise rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}

/** All methods: the groups of the contract, and in each its endpoints. */
// Written out and not as a type of its own, so that editors show what a method takes and gives.
export type Methods = {
  readonly [Group in Endpoint.Group as Group["identifier"]]: {
    readonly [Name in keyof Group["endpoints"]]: (
      ...args: Endpoint.Arguments<Endpoint.Input<Group["endpoints"][Name]>, [options?: CallOptions]>
    ) => Promise<Endpoint.Answer<Group["endpoints"][Name]>>
  }
}

/**
 * A client. A method takes path parameters, query and payload as one object and resolves to the decoded body. It rejects
 * with an `OpenSeerError`, or with the reason of its signal.
 */
export interface Client extends Methods {
  /**
   * What changes, as it changes. The iteration goes on after disconnects, where it was; `hello` says whether it could.
   * It ends when the signal is aborted, and throws an `OpenSeerError` when it can't go on.
   */
  readonly events: (options?: EventsOptions & CallOptions) => AsyncIterable<LiveEvent>
}

/**
 * Makes a client. It holds no connection and needs not be closed. Throws a `TypeError` when the options can't be used.
 *
 * @example
 * ```ts
 * import { createClient } from "@openseer/client"
 *
 * const client = createClient({ baseUrl: "http://127.0.0.1:8080", apiKey: "osk_…" })
 * const shop = await client.monitors.create({ name: "Shop", spec: { url: "https://shop.example.com" } })
 * console.log(shop.id, shop.state)
 * ```
 */
export const createClient = ({ fetch, ...options }: ClientOptions): Client => {
  const transport =
    fetch === undefined
      ? FetchHttpClient.layer
      : Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
  const { events, ...groups } = Effect.runSync(Effect.provide(make(options), transport))

  const methods = mapValues(groups, (calls: object) =>
    mapValues(
      calls,
      (call: AnyCall) =>
        (input: unknown, { signal }: CallOptions = {}) =>
          run(call(input), signal)
    )
  )
  return {
    ...(methods as unknown as Methods),
    events: ({ signal, ...from } = {}) => {
      const stream = Stream.mapError(events(from), (failure) => new OpenSeerError(failure))
      return Stream.toAsyncIterable(signal === undefined ? stream : Stream.interruptWhen(stream, aborted(signal)))
    }
  }
}

type AnyCall = (input: unknown) => Effect.Effect<unknown, Failure>

const mapValues = <A, B>(record: object, f: (value: A) => B): { readonly [name: string]: B } =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value as A)]))

// An error made here, after the await, has the caller in its stack.
const run = async (call: Effect.Effect<unknown, Failure>, signal: AbortSignal | undefined): Promise<unknown> => {
  signal?.throwIfAborted()
  const exit = await Effect.runPromiseExit(call, { signal })
  if (Exit.isSuccess(exit)) return exit.value
  signal?.throwIfAborted()
  const failure = Cause.findErrorOption(exit.cause)
  throw Option.isSome(failure) ? new OpenSeerError(failure.value) : Cause.squash(exit.cause)
}

/** Completes when the signal is aborted. */
const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const stop = () => resume(Effect.void)
    if (signal.aborted) return stop()
    signal.addEventListener("abort", stop, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", stop))
  })
