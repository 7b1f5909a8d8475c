/**
 * `openseer bootstrap`: claims a fresh instance, once. Makes its organization and the first API key.
 */
import { Effect, type Redacted, Schema } from "effect"
import * as Actor from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import { newId } from "../NewId.ts"
import { newToken } from "./TokenHash.ts"

/** The instance was claimed before, so nobody claims it again; the message says what to do instead. */
export class InstanceClaimed extends Schema.TaggedError<InstanceClaimed>()("InstanceClaimed", {
  message: Schema.String
}) {}

/** What to claim with. With `newKey`, an instance that is claimed gives another admin key to the machine's operator. */
export interface BootstrapOptions {
  readonly newKey?: boolean
  readonly organizationName?: string
}

/** What was made. `apiKey` is shown this once. */
export interface Bootstrapped {
  readonly organizationId: string
  readonly apiKeyId: string
  readonly apiKey: Redacted.Redacted
}

/**
 * Claims the instance and answers its first API key, of scope `admin`. Of any number that race, one wins: the single row
 * of `auth.instance` decides. Fails with {@link InstanceClaimed} when it was claimed before and `newKey` is not set.
 */
export const bootstrap = Effect.fn("Bootstrap.bootstrap")(function* (options: BootstrapOptions = {}) {
  const { background } = yield* Database
  const { run, sql } = background
  const organizationId = yield* newId("org")
  const apiKeyId = yield* newId("key")
  const { display, hash, token } = yield* newToken("osk")

  const claimed = sql<{ organization_key: number; organization_id: string }>`
    select organization_key, organization_id from auth.instance join auth.organizations using (organization_key)`

  /** Waits for whoever claims at the same moment; none is returned to the one who comes second. */
  const claim = sql<{ organization_key: number; organization_id: string }>`
    with made as (
      insert into auth.organizations (organization_id, name)
      select ${organizationId}, ${options.organizationName ?? "OpenSeer"}
       where not exists (select from auth.instance)
      returning organization_key, organization_id
    ), won as (
      insert into auth.instance (organization_key) select organization_key from made
      on conflict (one) do nothing returning organization_key
    )
    select organization_key, organization_id from made join won using (organization_key)`

  const organization = yield* run(
    sql.withTransaction(
      Effect.gen(function* () {
        yield* Actor.tell(sql)
        yield* sql`select pg_advisory_xact_lock(7406)`
        const [before] = yield* claimed
        if (before !== undefined && options.newKey !== true) {
          return yield* new InstanceClaimed({
            message:
              "this instance was claimed before, and its first API key was shown then. Whoever operates this machine " +
              "gets another one with `openseer bootstrap --new-key`"
          })
        }
        const owner = before ?? (yield* claim)[0]!
        yield* sql`
          insert into auth.api_keys (api_key_id, organization_key, name, token_hash, token_display, scopes)
          values (${apiKeyId}, ${owner.organization_key}, ${before === undefined ? "bootstrap" : "operator"},
                  decode(${hash}, 'hex'), ${display}, '{admin}')`
        return owner
      })
    )
  )
  return { organizationId: organization.organization_id, apiKeyId, apiKey: token } satisfies Bootstrapped
})
