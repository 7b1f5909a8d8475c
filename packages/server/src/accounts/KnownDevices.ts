/**
 * Browsers in which somebody signed in before. A cookie that outlives sessions names one: failures there are counted
 * apart, so that nobody who tries passwords from elsewhere locks the owner of an account out (OWASP: device cookies).
 */
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { hashOf } from "./TokenHash.ts"

/** How long a browser is known after somebody signed in, in days. */
export const deviceDays = 365

/** Recognises browsers. */
export class KnownDevices extends Context.Service<
  KnownDevices,
  {
    /** The hash of the token, if that user signed in there. */
    readonly find: (
      device: Redacted.Redacted | undefined,
      userKey: number | undefined
    ) => Effect.Effect<Option.Option<string>, DatabaseBusy>
    /** Whether anybody signed in there. */
    readonly isKnown: (device: Redacted.Redacted | undefined) => Effect.Effect<boolean, DatabaseBusy>
    /** Remembers that somebody signed in; the token for the cookie, that of the browser when it has one. */
    readonly remember: (
      device: Redacted.Redacted | undefined,
      userKey: number
    ) => Effect.Effect<Redacted.Redacted, DatabaseBusy>
    /** Deletes those that were not seen for {@link deviceDays}. */
    readonly expire: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/KnownDevices") {
  static readonly layer: Layer.Layer<KnownDevices, never, Database> = Layer.effect(
    KnownDevices,
    Effect.gen(function* () {
      const { api } = yield* Database
      const { run, sql } = api

      const find = Effect.fn("KnownDevices.find")(function* (
        device: Redacted.Redacted | undefined,
        userKey: number | undefined
      ) {
        const hash = hashOf(device === undefined ? "" : Redacted.value(device))
        // Asked also when there is no such user: an answer takes as long as any other.
        const rows = yield* run(sql`
          select from auth.known_devices where device_hash = decode(${hash}, 'hex') and user_key = ${userKey ?? 0}`)
        return rows.length === 0 ? Option.none() : Option.some(hash)
      })

      /** Who signs in as two people in one browser has one token and two rows. */
      const insert = (hash: string, userKey: number) => sql`
        insert into auth.known_devices (device_hash, user_key) values (decode(${hash}, 'hex'), ${userKey})
        on conflict (device_hash, user_key) do update set seen_at = now()`

      const isKnown = Effect.fn("KnownDevices.isKnown")(function* (device: Redacted.Redacted | undefined) {
        if (device === undefined) return false
        const hash = hashOf(Redacted.value(device))
        const rows = yield* run(sql`
          select from auth.known_devices where device_hash = decode(${hash}, 'hex') limit 1`)
        return rows.length > 0
      })

      const remember = Effect.fn("KnownDevices.remember")(function* (
        device: Redacted.Redacted | undefined,
        userKey: number
      ) {
        // A token that we never gave is not made one of ours: whoever chose it knows it.
        const token =
          device !== undefined && (yield* isKnown(device))
            ? device
            : Redacted.make(randomBytes(32).toString("base64url"))
        yield* run(insert(hashOf(Redacted.value(token)), userKey))
        return token
      })

      return KnownDevices.of({
        find,
        isKnown,
        remember,
        // Served by `known_devices_seen`.
        expire: run(sql`delete from auth.known_devices where seen_at < now() - ${deviceDays} * interval '1 day'`)
      })
    })
  )
}
