/**
 * No answer of the control plane.
 */
import { Data } from "effect"

/**
 * The control plane can't be reached: there is no connection (`network`), no answer in time (`timeout`), or what stands
 * in front of it says that it is away (`gateway`, with the `status` that was answered).
 *
 * It knows no more of the request than method and URL, so it can be printed: the API key is not in it.
 */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  readonly reason: "network" | "timeout" | "gateway"
  readonly method: string
  readonly url: string
  readonly detail: string
  readonly status?: number
  /** When to try again at the earliest, in milliseconds from now, if it was said. */
  readonly retryAfterMs?: number
}> {
  override get message() {
    return `${this.method} ${this.url}: ${this.detail}`
  }
}
