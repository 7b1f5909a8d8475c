/**
 * An answer that is not in the contract.
 */
import { Data } from "effect"

/**
 * Something answered that is no control plane, or one of another version than this client: the status is not among those
 * of the endpoint, or the body is not what it must be.
 */
export class UnexpectedAnswer extends Data.TaggedError("UnexpectedAnswer")<{
  readonly method: string
  readonly url: string
  readonly status: number
  readonly detail: string
}> {
  override get message() {
    return `${this.method} ${this.url}: ${this.detail}`
  }
}
