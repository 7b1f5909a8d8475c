/**
 * What callers of the database may see of its failures. Anything else is a defect: logged, never shown.
 */
import { Schema } from "effect"

/**
 * The database, or this process's share of it, can't serve the request now; nothing was written, or what was written is
 * safe to send again. `retryAfterMs` says when to try again.
 */
export class DatabaseBusy extends Schema.TaggedError<DatabaseBusy>()("DatabaseBusy", {
  reason: Schema.Literals(["queue_full", "timeout", "unreachable", "conflict"]),
  retryAfterMs: Schema.Int,
  message: Schema.String
}) {}
