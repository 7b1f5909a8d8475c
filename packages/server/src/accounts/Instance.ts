/**
 * The instance's own organization: the one that `openseer bootstrap` made, for commands of the machine's operator.
 */
import { Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"

/** Nobody has claimed the instance yet; the message says how to. */
export class InstanceUnclaimed extends Schema.TaggedError<InstanceUnclaimed>()("InstanceUnclaimed", {
  message: Schema.String
}) {}

/** The number of the instance's organization. Fails with {@link InstanceUnclaimed}. */
export const organizationKey = Effect.gen(function* () {
  const { background } = yield* Database
  const [row] = yield* background.run(
    background.sql<{ organization_key: number }>`select organization_key from auth.instance`
  )
  return row === undefined
    ? yield* new InstanceUnclaimed({ message: "this instance has no organization yet: run openseer bootstrap" })
    : row.organization_key
})
