/**
 * API keys (`osk_…`): what lets services in. Stored as SHA-256, shown once, valid until they expire or are revoked.
 */
import { AccountsApi, type Auth, Problem, Token } from "@openseer/core"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { Actor } from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { lockGrowth } from "../db/OrganizationLock.ts"
import type { SqlClient } from "../db/Pool.ts"
import { newId } from "../NewId.ts"
import { hashOf, newToken } from "./TokenHash.ts"

/** Whose key it is and what it allows. */
export interface KnownApiKey {
  readonly apiKeyId: string
  readonly organizationKey: number
  readonly scopes: ReadonlyArray<Auth.Scope>
}

/** Creates, lists, revokes and recognises API keys. */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    /** Who a key belongs to, if it is valid now. Not cached: a revoked key is refused on the next request. */
    readonly authenticate: (token: string) => Effect.Effect<Option.Option<KnownApiKey>, DatabaseBusy>
    /**
     * A new key; `token` is the only time that it can be seen. One that a key makes expires with that key at the latest.
     * Fails with `LimitReached`.
     */
    readonly create: (
      organizationKey: number,
      input: AccountsApi.ApiKeyInput
    ) => Effect.Effect<AccountsApi.ApiKey & { readonly token: string }, DatabaseBusy | Problem.LimitReached>
    /** The organization's keys, newest first, at most twice `AccountsApi.credentialsMax`. */
    readonly list: (organizationKey: number) => Effect.Effect<ReadonlyArray<AccountsApi.ApiKey>, DatabaseBusy>
    /** Ends a key for good; doing so twice changes nothing. Fails with `NotFound`. */
    readonly revoke: (organizationKey: number, apiKeyId: string) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
  }
>()("@openseer/server/ApiKeys") {
  static readonly layer: Layer.Layer<ApiKeys, never, Database> = Layer.effect(
    ApiKeys,
    Effect.gen(function* () {
      const { api, asOrganization } = yield* Database
      const { sql } = api

      /** Before it is known whose key it is, so outside of `asOrganization`. Served by the unique index on the hash. */
      const find = (hash: string) => sql<FoundKey>`
        select api_key_id, organization_key, scopes,
               coalesce(last_used_at < now() - interval '1 minute', true) as is_stale
          from auth.api_keys
         where token_hash = decode(${hash}, 'hex') and revoked_at is null
           and (expires_at is null or expires_at > now())`

      /** At most one write a minute and key. Locks the row; the second of two finds it fresh. */
      const touch = (apiKeyId: string) => sql`
        update auth.api_keys set last_used_at = now()
         where api_key_id = ${apiKeyId} and coalesce(last_used_at < now() - interval '1 minute', true)`

      const authenticate = Effect.fn("ApiKeys.authenticate")(function* (token: string) {
        if (!Token.isWellFormed("osk", token)) return Option.none()
        const [found] = yield* api.run(find(hashOf(token)))
        if (found === undefined) return Option.none()
        if (found.is_stale) yield* api.run(touch(found.api_key_id))
        return Option.some({
          apiKeyId: found.api_key_id,
          organizationKey: found.organization_key,
          scopes: found.scopes
        })
      })

      const countValid = (organizationKey: number) => sql<{ count: number }>`
        select count(*)::int as count from auth.api_keys
         where organization_key = ${organizationKey} and revoked_at is null
           and (expires_at is null or expires_at > now())`

      /** The second run of a repeated transaction finds its own row. */
      const insert = (row: {
        readonly id: string
        readonly organizationKey: number
        readonly input: AccountsApi.ApiKeyInput
        readonly hash: string
        readonly display: string
        readonly makersEnd: Fragment
      }) => sql<ApiKeyRow>`
        insert into auth.api_keys (api_key_id, organization_key, name, token_hash, token_display, scopes, expires_at)
        values (${row.id}, ${row.organizationKey}, ${row.input.name}, decode(${row.hash}, 'hex'), ${row.display},
                ${`{${[...new Set(row.input.scopes)].join(",")}}`}::text[],
                least(now() + ${row.input.expiresInMs ?? null}::float8 * interval '1 millisecond', ${row.makersEnd}))
        on conflict (api_key_id) do update set name = excluded.name
        returning ${columns}`

      const columns = sql.literal(
        "api_key_id, name, token_display, scopes, created_at, expires_at, last_used_at, revoked_at"
      )

      const create = Effect.fn("ApiKeys.create")(function* (organizationKey: number, input: AccountsApi.ApiKeyInput) {
        const id = yield* newId("key")
        const { display, hash, token } = yield* newToken("osk")
        const makersEnd = yield* makersExpiry(sql, organizationKey)
        const row = yield* asOrganization(
          organizationKey,
          Effect.gen(function* () {
            yield* lockGrowth(sql, organizationKey)
            const [counted] = yield* countValid(organizationKey)
            if ((counted?.count ?? 0) >= AccountsApi.credentialsMax) {
              return yield* new Problem.LimitReached({
                limit: AccountsApi.credentialsMax,
                detail: "revoke an API key first"
              })
            }
            const [inserted] = yield* insert({ id, organizationKey, input, hash, display, makersEnd })
            return inserted!
          })
        )
        return { ...toApiKey(row), token: Redacted.value(token) }
      })

      /** Served by `api_keys_organization`. */
      const list = Effect.fn("ApiKeys.list")((organizationKey: number) =>
        asOrganization(
          organizationKey,
          sql<ApiKeyRow>`
            select ${columns} from auth.api_keys where organization_key = ${organizationKey}
             order by created_at desc, api_key_id limit ${AccountsApi.credentialsMax * 2}`
        ).pipe(Effect.map((rows) => rows.map(toApiKey)))
      )

      const revoke = Effect.fn("ApiKeys.revoke")(function* (organizationKey: number, apiKeyId: string) {
        const rows = yield* asOrganization(
          organizationKey,
          sql`update auth.api_keys set revoked_at = coalesce(revoked_at, now())
               where api_key_id = ${apiKeyId} and organization_key = ${organizationKey} returning api_key_id`
        )
        if (rows.length === 0) return yield* new Problem.NotFound()
      })

      return ApiKeys.of({ authenticate, create, list, revoke })
    })
  )
}

/**
 * When the API key expires that makes a credential, which must not outlive it: whoever got hold of the key for an hour would
 * have it for good. Null when it never does, or when somebody else makes it. A subquery by primary key.
 */
export const makersExpiry = (sql: SqlClient, organizationKey: number): Effect.Effect<Fragment> =>
  Effect.map(Actor, ({ id, kind }) =>
    kind === "api_key"
      ? sql`(select k.expires_at from auth.api_keys k
              where k.api_key_id = ${id ?? ""} and k.organization_key = ${organizationKey})`
      : sql`null::timestamptz`
  )

interface FoundKey {
  readonly api_key_id: string
  readonly organization_key: number
  readonly scopes: ReadonlyArray<Auth.Scope>
  readonly is_stale: boolean
}

interface ApiKeyRow {
  readonly api_key_id: string
  readonly name: string
  readonly token_display: string
  readonly scopes: ReadonlyArray<Auth.Scope>
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly last_used_at: Date | null
  readonly revoked_at: Date | null
}

const toApiKey = (row: ApiKeyRow): AccountsApi.ApiKey => ({
  id: row.api_key_id,
  name: row.name,
  display: row.token_display,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
  ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.toISOString() }),
  ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at.toISOString() })
})
