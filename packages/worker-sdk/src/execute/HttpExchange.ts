/**
 * One request and its answer over an open connection, whatever the version of HTTP: what an exchange tells.
 */
import type { CheckFailure } from "@openseer/core"
import type { HopPlan } from "./HttpPlan.ts"
import type { Fault } from "./SocketFault.ts"

/** The most informational responses (1xx) before an answer. */
export const informationalMax = 5

/** The head of an answer. `rawHeaders` are names and values in turn. */
export interface ResponseHead {
  readonly status: number
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly protocol: string
  readonly rawHeaders: ReadonlyArray<string>
  /** Body bytes wait until `resume`. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Who listens to an exchange. Whoever has heard enough closes the connection, and ignores what still comes. */
export interface ExchangeListener {
  /** The first byte of the answer is there: of an informational one, too. May be told again. */
  readonly onFirstByte: () => void
  readonly onHead: (head: ResponseHead) => void
  readonly onData: (chunk: Buffer) => void
  readonly onEnd: () => void
  readonly onFault: (fault: Fault | CheckFailure.CheckError) => void
}

/** Sends a request. What it returns lets go of what the exchange holds, besides the socket. */
export type Exchange<in Socket> = (socket: Socket, plan: HopPlan, listener: ExchangeListener) => () => void

/** The connection was closed before the body was complete. */
export const bodyIncomplete: Fault = {
  reason: "body_incomplete",
  message: "the connection was closed before the body was complete"
}

/** There were too many informational responses. */
export const tooManyInformational: Fault = {
  reason: "protocol_error",
  message: `there were more than ${informationalMax} informational responses`
}
