/**
 * Enrollment tokens (`osen_…`): what lets new workers in, bound to an organization and one of its regions.
 */
import { AccountsApi, Problem } from "@openseer/core"
import { Context, Effect, Layer, Redacted } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { lockGrowth } from "../db/OrganizationLock.ts"
import * as Regions from "../db/Regions.ts"
import { newId } from "../NewId.ts"
import { makersExpiry } from "./ApiKeys.ts"
import { newToken } from "./TokenHash.ts"

/** Creates, lists and revokes enrollment tokens; `Workers` takes them. */
export class EnrollmentTokens extends Context.Service<
  EnrollmentTokens,
  {
    /**
     * A new token; `token` is the only time that it can be seen. Makes the region when it is new. One that an API key makes
     * expires with that key at the latest.
     */
    readonly create: (
      organizationKey: number,
      input: AccountsApi.EnrollmentTokenInput
    ) => Effect.Effect<AccountsApi.EnrollmentToken & { readonly token: string }, DatabaseBusy | Problem.LimitReached>
    /** The organization's tokens, newest first, at most twice `AccountsApi.credentialsMax`. */
    readonly list: (organizationKey: number) => Effect.Effect<ReadonlyArray<AccountsApi.EnrollmentToken>, DatabaseBusy>
    /** Ends a token for good; doing so twice changes nothing. Fails with `NotFound`. */
    readonly revoke: (
      organizationKey: number,
      enrollmentTokenId: string
    ) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
  }
>()("@openseer/server/EnrollmentTokens") {
  static readonly layer: Layer.Layer<EnrollmentTokens, never, Database> = Layer.effect(
    EnrollmentTokens,
    Effect.gen(function* () {
      const { api, asOrganization } = yield* Database
      const { sql } = api

      const countValid = (organizationKey: number) => sql<{ count: number }>`
        select count(*)::int as count from auth.enrollment_tokens
         where organization_key = ${organizationKey} and revoked_at is null and expires_at > now()
           and uses_left is distinct from 0`

      /** The second run of a repeated transaction finds its own row. */
      const insert = (row: {
        readonly id: string
        readonly organizationKey: number
        readonly regionKey: number
        readonly uses: number | null
        readonly expiresInMs: number
        readonly hash: string
        readonly display: string
        readonly makersEnd: Fragment
      }) => sql<TokenRow>`
        insert into auth.enrollment_tokens as t
          (enrollment_token_id, organization_key, region_key, token_hash, token_display, uses_left, expires_at)
        values (${row.id}, ${row.organizationKey}, ${row.regionKey}, decode(${row.hash}, 'hex'), ${row.display},
                ${row.uses}::int, least(now() + ${row.expiresInMs}::float8 * interval '1 millisecond', ${row.makersEnd}))
        on conflict (enrollment_token_id) do update set token_display = excluded.token_display
        returning ${columns}`

      const columns = sql.literal(`t.enrollment_token_id, t.token_display, t.uses_left, t.created_at, t.expires_at,
        t.revoked_at, (select g.name from app.regions g where g.region_key = t.region_key) as region_name`)

      const create = Effect.fn("EnrollmentTokens.create")(function* (
        organizationKey: number,
        input: AccountsApi.EnrollmentTokenInput
      ) {
        const id = yield* newId("ent")
        const { display, hash, token } = yield* newToken("osen")
        const makersEnd = yield* makersExpiry(sql, organizationKey)
        const row = yield* asOrganization(
          organizationKey,
          Effect.gen(function* () {
            yield* lockGrowth(sql, organizationKey)
            const [counted] = yield* countValid(organizationKey)
            if ((counted?.count ?? 0) >= AccountsApi.credentialsMax) {
              return yield* new Problem.LimitReached({
                limit: AccountsApi.credentialsMax,
                detail: "revoke an enrollment token first"
              })
            }
            const regionKey = yield* Regions.ensureOwn(sql, organizationKey, input.region)
            if (regionKey === undefined) {
              return yield* new Problem.LimitReached({
                limit: Regions.ownRegionsMax,
                detail: "the organization has as many regions as it may have"
              })
            }
            const [inserted] = yield* insert({
              id,
              organizationKey,
              regionKey,
              uses: input.uses === undefined ? 1 : input.uses,
              expiresInMs: input.expiresInMs ?? AccountsApi.enrollmentExpiresInMsDefault,
              hash,
              display,
              makersEnd
            })
            return inserted!
          })
        )
        return { ...toEnrollmentToken(row), token: Redacted.value(token) }
      })

      /** Served by `enrollment_tokens_organization`. */
      const list = Effect.fn("EnrollmentTokens.list")((organizationKey: number) =>
        asOrganization(
          organizationKey,
          sql<TokenRow>`
            select ${columns} from auth.enrollment_tokens t where t.organization_key = ${organizationKey}
             order by t.created_at desc, t.enrollment_token_id limit ${AccountsApi.credentialsMax * 2}`
        ).pipe(Effect.map((rows) => rows.map(toEnrollmentToken)))
      )

      const revoke = Effect.fn("EnrollmentTokens.revoke")(function* (
        organizationKey: number,
        enrollmentTokenId: string
      ) {
        const rows = yield* asOrganization(
          organizationKey,
          sql`update auth.enrollment_tokens set revoked_at = coalesce(revoked_at, now())
               where enrollment_token_id = ${enrollmentTokenId} and organization_key = ${organizationKey}
              returning enrollment_token_id`
        )
        if (rows.length === 0) return yield* new Problem.NotFound()
      })

      return EnrollmentTokens.of({ create, list, revoke })
    })
  )
}

interface TokenRow {
  readonly enrollment_token_id: string
  readonly token_display: string
  readonly region_name: string
  readonly uses_left: number | null
  readonly created_at: Date
  readonly expires_at: Date
  readonly revoked_at: Date | null
}

const toEnrollmentToken = (row: TokenRow): AccountsApi.EnrollmentToken => ({
  id: row.enrollment_token_id,
  display: row.token_display,
  region: row.region_name,
  ...(row.uses_left === null ? {} : { usesLeft: row.uses_left }),
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at.toISOString() })
})
