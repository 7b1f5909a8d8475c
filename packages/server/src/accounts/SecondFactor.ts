/**
 * The second factor: codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), and recovery codes beside
 * them. Its secret is sealed with the key ring of the instance.
 */
import { encodeBase32UpperCaseNoPadding } from "@oslojs/encoding"
import { createTOTPKeyURI, verifyHOTP } from "@oslojs/otp"
import { type AccountApi, Problem } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { randomBytes } from "node:crypto"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as RecoveryCodes from "./RecoveryCodes.ts"

/** Seconds that a code is for. The one before and the one after are taken, too: clocks differ, and people type. */
export const stepSeconds = 30

/** Offers, confirms, asks and removes. Who may do so is known before. */
export class SecondFactor extends Context.Service<
  SecondFactor,
  {
    /** A new secret, which holds once it is confirmed. Fails with `BadInput` where nothing can be sealed. */
    readonly offer: (userKey: number) => Effect.Effect<AccountApi.SecondFactorOffer, DatabaseBusy | Problem.BadInput>
    /** From now on it is asked for. Recovery codes, which are shown this once. Fails with `BadInput` on a wrong code. */
    readonly confirm: (
      userKey: number,
      code: string
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseBusy | Problem.BadInput>
    /** Whether a code is right. It was then used: none is taken twice. */
    readonly take: (userKey: number, code: string) => Effect.Effect<boolean, DatabaseBusy>
    /** New recovery codes in place of those before. Fails with `BadInput` when there is no second factor. */
    readonly renewCodes: (userKey: number) => Effect.Effect<ReadonlyArray<string>, DatabaseBusy | Problem.BadInput>
    /** Removes it with its recovery codes; doing so twice changes nothing. */
    readonly remove: (userKey: number) => Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/SecondFactor") {
  static readonly layer: Layer.Layer<SecondFactor, never, Database | SecretBox> = Layer.effect(
    SecondFactor,
    Effect.suspend(() => make)
  )
}

/** Where a secret is sealed: bound to its user. */
export const placeOf = (userId: string) => ({ userId })

/** The path of the secret in that place. */
export const secretPath = ["totp"]

const make = Effect.gen(function* () {
  const { api, asInstance } = yield* Database
  const { run, sql } = api
  const box = yield* SecretBox

  /** By primary key, with the step that the database's clock is in. */
  const find = (userKey: number) =>
    sql<FactorRow>`
      select user_id, email, totp_secret, totp_confirmed_at is not null as is_confirmed,
             floor(extract(epoch from now()) / ${stepSeconds})::int as step
        from auth.users where user_key = ${userKey}`.pipe(Effect.map(([row]) => row!))

  /** The step that a code is of, if it is of one near now. */
  const stepOf = Effect.fnUntraced(function* (row: FactorRow, code: string) {
    if (row.totp_secret === null || !/^\d{6}$/.test(code)) return undefined
    const secret = box.open(placeOf(row.user_id), secretPath, row.totp_secret)
    if (Option.isNone(secret)) {
      yield* Effect.logWarning("the secret of a second factor can't be opened with the keys of this instance").pipe(
        Effect.annotateLogs({ userId: row.user_id })
      )
      return undefined
    }
    const key = Buffer.from(secret.value, "base64")
    return [row.step - 1, row.step, row.step + 1].find((step) => verifyHOTP(key, BigInt(step), 6, code))
  })

  const offer = Effect.fn("SecondFactor.offer")(function* (userKey: number) {
    const row = yield* run(find(userKey))
    if (row.is_confirmed) return yield* wrong("", "you have a second factor already: remove it first")
    const key = randomBytes(20)
    const sealed = box.seal(placeOf(row.user_id), secretPath, key.toString("base64"))
    if (Option.isNone(sealed)) {
      return yield* wrong(
        "",
        "this instance has no key that seals secrets: whoever operates it makes one with openseer secrets new-key and " +
          "names its file in OPENSEER_SECRET_KEYS_FILE"
      )
    }
    yield* run(
      sql`update auth.users set totp_secret = ${sealed.value} where user_key = ${userKey} and totp_confirmed_at is null`
    )
    return {
      secret: encodeBase32UpperCaseNoPadding(key),
      uri: createTOTPKeyURI("OpenSeer", row.email, key, stepSeconds, 6)
    }
  })

  const confirm = Effect.fn("SecondFactor.confirm")(function* (userKey: number, code: string) {
    return yield* asInstance(
      Effect.gen(function* () {
        const row = yield* find(userKey)
        if (row.is_confirmed) return yield* wrong("code", "you have a second factor already")
        if (row.totp_secret === null) return yield* wrong("code", "begin with a new secret")
        const step = yield* stepOf(row, bare(code))
        if (step === undefined) return yield* wrong("code", "is not the code that the app shows now")
        const confirmed = yield* sql`
            update auth.users set totp_confirmed_at = now(), totp_step = ${step}
             where user_key = ${userKey} and totp_secret = ${row.totp_secret} and totp_confirmed_at is null
            returning user_key`
        if (confirmed.length === 0) return yield* wrong("code", "begin with a new secret")
        return yield* RecoveryCodes.replace(sql, userKey)
      })
    )
  })

  /** Locks the row: of two that race with one code, the second finds its step used. */
  const advance = (userKey: number, step: number) =>
    sql`update auth.users set totp_step = ${step}
         where user_key = ${userKey} and totp_confirmed_at is not null and totp_step < ${step} returning user_key`.pipe(
      Effect.map((rows) => rows.length > 0)
    )

  const take = Effect.fn("SecondFactor.take")(function* (userKey: number, given: string) {
    const code = bare(given)
    if (!/^\d{6}$/.test(code)) return yield* run(RecoveryCodes.take(sql, userKey, code))
    const step = yield* stepOf(yield* run(find(userKey)), code)
    return step === undefined ? false : yield* run(advance(userKey, step))
  })

  const renewCodes = Effect.fn("SecondFactor.renewCodes")(function* (userKey: number) {
    return yield* asInstance(
      Effect.gen(function* () {
        const row = yield* find(userKey)
        if (!row.is_confirmed) return yield* wrong("", "you have no second factor")
        return yield* RecoveryCodes.replace(sql, userKey)
      })
    )
  })

  const remove = Effect.fn("SecondFactor.remove")((userKey: number) =>
    asInstance(sql`
      with removed as (
        update auth.users set totp_secret = null, totp_confirmed_at = null where user_key = ${userKey} returning user_key
      )
      delete from auth.recovery_codes where user_key in (select user_key from removed)`)
  )

  return SecondFactor.of({ offer, confirm, take, renewCodes, remove })
})

interface FactorRow {
  readonly user_id: string
  readonly email: string
  readonly totp_secret: string | null
  readonly is_confirmed: boolean
  readonly step: number
}

/** A code as it is compared: people add spaces and dashes, and phones upper case. */
const bare = (code: string): string => code.replaceAll(/[\s-]/g, "").toLowerCase()

const wrong = (path: string, message: string) => new Problem.BadInput({ errors: [{ path, message }] })
