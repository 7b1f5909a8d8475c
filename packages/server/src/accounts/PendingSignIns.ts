/**
 * Sign-ins that wait for their second factor: five minutes and five wrong codes long. A cookie holds their token.
 */
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { hashOf } from "./TokenHash.ts"
import { isStill, type User } from "./Users.ts"

/** How long one waits, in minutes. */
export const pendingMinutes = 5

/** How many wrong codes end it. */
export const pendingFailuresMax = 5

/** Begins, finds and ends them. */
export class PendingSignIns extends Context.Service<
  PendingSignIns,
  {
    /** Of a user whose password was verified: none when that or the second factor was changed since. */
    readonly begin: (user: User) => Effect.Effect<Option.Option<Redacted.Redacted>, DatabaseBusy>
    /** Whose it is, if it still waits. */
    readonly find: (token: Redacted.Redacted) => Effect.Effect<Option.Option<number>, DatabaseBusy>
    /** Counts a wrong code. */
    readonly fail: (token: Redacted.Redacted) => Effect.Effect<void, DatabaseBusy>
    /** Whether it was there until now: of those who end one at once, one did. */
    readonly end: (token: Redacted.Redacted) => Effect.Effect<boolean, DatabaseBusy>
    /** Deletes those that nobody completed. */
    readonly expire: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/PendingSignIns") {
  static readonly layer: Layer.Layer<PendingSignIns, never, Database> = Layer.effect(
    PendingSignIns,
    Effect.gen(function* () {
      const { api } = yield* Database
      const { run, sql } = api
      const isIt = (token: Redacted.Redacted) => sql`token_hash = decode(${hashOf(Redacted.value(token))}, 'hex')`

      return PendingSignIns.of({
        // Locks the user for those who change it. The second run of a repeated statement finds its own row.
        begin: Effect.fn("PendingSignIns.begin")(function* (user: User) {
          const token = Redacted.make(randomBytes(32).toString("base64url"))
          const inserted = yield* run(sql`
            insert into auth.pending_sign_ins (token_hash, user_key, expires_at)
            select decode(${hashOf(Redacted.value(token))}, 'hex'), user_key, now() + ${pendingMinutes} * interval '1 minute'
              from auth.users where user_key = ${user.userKey} and ${isStill(sql, user)} for share
            on conflict (token_hash) do update set expires_at = excluded.expires_at
            returning user_key`)
          return inserted.length > 0 ? Option.some(token) : Option.none()
        }),
        find: Effect.fn("PendingSignIns.find")(function* (token: Redacted.Redacted) {
          const [row] = yield* run(sql<{ user_key: number }>`
            select user_key from auth.pending_sign_ins
             where ${isIt(token)} and expires_at > now() and failures < ${pendingFailuresMax}`)
          return Option.map(Option.fromNullishOr(row), (found) => found.user_key)
        }),
        fail: Effect.fn("PendingSignIns.fail")((token: Redacted.Redacted) =>
          run(sql`update auth.pending_sign_ins set failures = failures + 1 where ${isIt(token)}`)
        ),
        end: Effect.fn("PendingSignIns.end")((token: Redacted.Redacted) =>
          Effect.map(
            run(sql`delete from auth.pending_sign_ins where ${isIt(token)} returning user_key`),
            (rows) => rows.length > 0
          )
        ),
        // Served by `pending_sign_ins_expires`.
        expire: run(sql`delete from auth.pending_sign_ins where expires_at <= now()`)
      })
    })
  )
}
