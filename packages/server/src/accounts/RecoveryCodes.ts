/**
 * Recovery codes: each signs in once when the authenticator app is lost. 80 random bits, stored as SHA-256.
 */
import { encodeBase32LowerCaseNoPadding } from "@oslojs/encoding"
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { randomBytes } from "node:crypto"
import type { SqlClient } from "../db/Pool.ts"
import { hashOf } from "./TokenHash.ts"

/** How many somebody has. */
export const recoveryCodesCount = 10

/** New codes in place of those before, in a transaction of the caller. As they are shown: `abcd-efgh-ijkl-mnop`. */
export const replace = (sql: SqlClient, userKey: number): Effect.Effect<ReadonlyArray<string>, SqlError> =>
  Effect.gen(function* () {
    const codes = Array.from({ length: recoveryCodesCount }, () => encodeBase32LowerCaseNoPadding(randomBytes(10)))
    yield* sql`delete from auth.recovery_codes where user_key = ${userKey}`
    yield* sql`
      insert into auth.recovery_codes (user_key, code_hash)
      select ${userKey}::int, decode(hash, 'hex') from unnest(${`{${codes.map(hashOf).join(",")}}`}::text[]) as hash`
    return codes.map((code) => code.replaceAll(/(.{4})(?=.)/g, "$1-"))
  })

/** Takes a code, without spaces and dashes and in lower case. Locks its row: of two that race, the second finds it used. */
export const take = (sql: SqlClient, userKey: number, code: string): Effect.Effect<boolean, SqlError> =>
  sql`update auth.recovery_codes set used_at = now()
       where user_key = ${userKey} and code_hash = decode(${hashOf(code)}, 'hex') and used_at is null
      returning used_at`.pipe(Effect.map((rows) => rows.length > 0))
