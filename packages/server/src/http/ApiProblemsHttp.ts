/**
 * What stands between a request and its decoding: the body is read here, in time and in size, and whatever does not
 * decode is answered as a problem that names every member.
 */
import { Auth, Problem } from "@openseer/core"
import { Effect, Layer } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiError } from "effect/http-api"
import { jsonDepthMax, toIssues } from "../CheckTypes.ts"
import { apiBodyBytesMax } from "./Guards.ts"

/** The longest that a body may take to arrive. */
export const bodyTimeout = "10 seconds"

/** Serves `ApiProblems`. */
export const layer: Layer.Layer<Auth.ApiProblems> = Layer.succeed(
  Auth.ApiProblems,
  Auth.ApiProblems.of((answer, { endpoint }) =>
    Effect.gen(function* () {
      if (endpoint.payload.size > 0) yield* readBody
      return yield* answer
    }).pipe(Effect.mapError((error) => (isSchemaError(error) ? (problemOf(error) ?? error) : error)))
  )
)

const isSchemaError = (error: unknown): error is HttpApiError.HttpApiSchemaError =>
  HttpApiError.HttpApiSchemaError.is(error)

/** The problem of what did not decode; none when it is an answer of ours that does not encode, which becomes a 500. */
const problemOf = ({ cause, kind }: HttpApiError.HttpApiSchemaError) => {
  switch (kind) {
    case "Params":
      return new Problem.NotFound()
    case "Query":
    case "Headers":
      return new Problem.BadRequest({ errors: toIssues(cause.issue) })
    case "Payload":
      return new Problem.BadInput({ errors: toIssues(cause.issue) })
    default:
      return undefined
  }
}

const unreadable = (message: string) => new Problem.BadRequest({ errors: [{ path: "", message }] })

/** Reads the body, which the request keeps, before anything decodes it. */
const readBody = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const text = yield* request.text.pipe(
    Effect.mapError(({ reason }) =>
      reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
        ? new Problem.PayloadTooLarge({ limitBytes: apiBodyBytesMax })
        : unreadable("the body could not be read")
    ),
    Effect.timeoutOrElse({ duration: bodyTimeout, orElse: () => Effect.fail(new Problem.RequestTimeout()) })
  )
  if (text === "") return yield* unreadable("must be a JSON object: the body is empty")
  // Before it is parsed: decoding follows the nesting by recursion.
  if (depthOf(text) > jsonDepthMax) return yield* unreadable(`must not be nested deeper than ${jsonDepthMax}`)
  yield* Effect.try({ try: (): unknown => JSON.parse(text), catch: () => unreadable("must be JSON") })
})

/** How deep a JSON text is nested; at least that much when it is not JSON. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth)
    else if (token === "]" || token === "}") depth--
  }
  return deepest
}
