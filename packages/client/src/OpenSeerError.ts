/**
 * What a call of the promise flavour rejects with.
 */
import type { Problem } from "@openseer/core"
import type { Failure } from "./Failure.ts"

/** What can be wrong: the problems of the contract, `Unreachable` and `UnexpectedAnswer`. */
export type OpenSeerErrorKind = Failure["_tag"]

/**
 * A call that failed. It holds nothing of the request but method and URL, so it can be logged as it is.
 *
 * @example
 * ```ts
 * import { createClient, OpenSeerError } from "@openseer/client"
 *
 * const client = createClient({ baseUrl: "http://127.0.0.1:8080", apiKey: "osk_…" })
 *
 * const remove = (monitorId: string) =>
 *   client.monitors.remove({ monitorId }).catch((error: unknown) => {
 *     if (!(error instanceof OpenSeerError) || error.kind !== "NotFound") throw error
 *   })
 * ```
 */
export class OpenSeerError extends Error {
  override readonly name = "OpenSeerError"
  readonly kind: OpenSeerErrorKind
  /** The status that was answered, if there was an answer. */
  readonly status: number | undefined
  /** What is wrong, as one sentence. */
  readonly detail: string
  /** What is wrong with the input: each member by its path. Empty unless `kind` is `BadInput` or `BadRequest`. */
  readonly issues: ReadonlyArray<Problem.ProblemIssue>
  /** When to try again at the earliest, in milliseconds from then, if it was said. */
  readonly retryAfterMs: number | undefined
  readonly #failure: Failure

  constructor(failure: Failure) {
    const issues = "errors" in failure ? failure.errors : []
    super([failure.message, ...issues.map(({ message, path }) => (path ? `${path}: ${message}` : message))].join("; "))
    this.kind = failure._tag
    this.status = failure.status
    this.detail = failure.message
    this.issues = issues
    this.retryAfterMs =
      failure._tag === "ServiceUnavailable"
        ? failure.retryAfterSeconds * 1_000
        : failure._tag === "Unreachable"
          ? failure.retryAfterMs
          : undefined
    this.#failure = failure
  }

  /** All that is known, by `_tag`: the current `version` of a `VersionMismatch`, the `limit` of a `LimitReached`. */
  // No own property, since it would be printed beside what it repeats.
  get failure(): Failure {
    return this.#failure
  }
}
