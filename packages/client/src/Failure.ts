/**
 * All that can be wrong with a call, as failures that can be told apart and printed.
 */
import { Problem } from "@openseer/core"
import { Schema, SchemaIssue } from "effect"
import { HttpClientError, type HttpClientResponse } from "effect/http"
import type * as Endpoint from "./Endpoint.ts"
import { UnexpectedAnswer } from "./UnexpectedAnswer.ts"
import { Unreachable } from "./Unreachable.ts"

/** A problem that the control plane answers, or no answer, or one that can't be read; told apart by `_tag`. */
export type Failure = Endpoint.AnyProblem | Unreachable | UnexpectedAnswer

/** What the library fails with. Neither may be shown to anybody: a request with its API key may be inside. */
type Raw = HttpClientError.HttpClientError | Schema.SchemaError

/** A call that broke off: its input does not fit the contract, or the connection failed. Other failures pass. */
export const fromCall = <E>(error: E): Exclude<E, Raw> | Problem.BadInput | Unreachable => {
  if (Schema.isSchemaError(error)) return fromInput(error)
  return HttpClientError.isHttpClientError(error) ? fromConnection(error) : (error as Exclude<E, Raw>)
}

/** An answer that can't be read: of a gateway, or of something that is no control plane. Other failures pass. */
export const fromAnswer = <E>(
  response: HttpClientResponse.HttpClientResponse,
  error: E
): Exclude<E, Raw> | Unreachable | UnexpectedAnswer => {
  if (!Schema.isSchemaError(error) && !HttpClientError.isHttpClientError(error)) return error as Exclude<E, Raw>
  const { headers, status } = response
  const { method, url } = response.request
  if (gatewayStatuses.has(status)) {
    const retryAfter = /^\d+$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) * 1_000 : undefined
    return new Unreachable({
      reason: "gateway",
      method,
      url,
      status,
      detail: `answered ${status}, and not by a control plane`,
      ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter })
    })
  }
  const why = Schema.isSchemaError(error) ? `: ${error.message}` : ""
  return new UnexpectedAnswer({ method, url, status, detail: `answered ${status}, which is not in the contract${why}` })
}

/** A connection that failed, before the answer or in the middle of it. */
export const fromConnection = ({ reason, request }: HttpClientError.HttpClientError): Unreachable =>
  new Unreachable({ reason: "network", method: request.method, url: request.url, detail: lineOf(reason.cause) })

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** What the control plane would say of such input, without asking it. */
const fromInput = ({ issue }: Schema.SchemaError): Problem.BadInput =>
  new Problem.BadInput({
    errors: issuesOf(issue).issues.map(({ message, path = [] }) => ({
      path: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
      message: words[message] ?? message
    }))
  })

/** The library's words, as the control plane puts them. */
const words: { readonly [message: string]: string } = {
  "Missing key": "is required",
  "Expected no excess property": "is not known here: leave it out"
}

/** What stands between here and a control plane says this when it can't reach it. */
const gatewayStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])

/** fetch says no more than "fetch failed": the reason is in the cause of its error. */
const lineOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "the connection failed"
  const line = error.message || ("code" in error ? String(error.code) : error.name)
  return error.cause instanceof Error ? `${line}: ${lineOf(error.cause)}` : line
}
