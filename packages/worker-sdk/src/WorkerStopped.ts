/**
 * Why a worker cannot go on.
 */
import { Schema } from "effect"

/**
 * The worker stopped for good: repeating what it did would not help. The message says what to do.
 *
 * - `unauthorized`: the control plane does not know the worker's token (any more)
 * - `enrollment_refused`: the enrollment token was refused, or there is none
 * - `protocol_unsupported`: worker and control plane are too many versions apart
 * - `token_file`: the token file cannot be read or written
 */
export class WorkerStopped extends Schema.TaggedError<WorkerStopped>()("WorkerStopped", {
  reason: Schema.Literals(["unauthorized", "enrollment_refused", "protocol_unsupported", "token_file"]),
  message: Schema.String
}) {}
