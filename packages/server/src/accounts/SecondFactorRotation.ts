/**
 * Secrets of second factors sealed anew with the current key: the part of users in `openseer secrets rotate`.
 */
import { Effect, Option } from "effect"
import { Database } from "../db/Database.ts"
import { keyIdOf, SecretBox } from "../secrets/SecretBox.ts"
import { placeOf, secretPath } from "./SecondFactor.ts"

/**
 * Looks at every secret, and with `isWriting` seals anew those that an older key sealed. A secret that changed meanwhile
 * is left as it is. How many there are, how many an older key had sealed, how many were sealed anew; by key those that
 * did not open.
 */
export const round = Effect.fnUntraced(function* (isWriting: boolean) {
  const { run, sql } = (yield* Database).background
  const box = yield* SecretBox
  const missing = new Map<string, number>()
  let old = 0
  let resealed = 0
  const rows = yield* run(sql<{ user_id: string; sealed: string }>`
    select user_id, totp_secret as sealed from auth.users where totp_secret is not null`)
  for (const row of rows) {
    const keyId = keyIdOf(row.sealed)
    const secret = box.open(placeOf(row.user_id), secretPath, row.sealed)
    if (Option.isNone(secret)) missing.set(keyId, (missing.get(keyId) ?? 0) + 1)
    else if (keyId !== box.keyIds[0]) {
      old++
      if (!isWriting) continue
      const sealed = Option.getOrThrow(box.seal(placeOf(row.user_id), secretPath, secret.value))
      const written = yield* run(sql`
        update auth.users set totp_secret = ${sealed}
         where user_id = ${row.user_id} and totp_secret = ${row.sealed} returning user_key`)
      resealed += written.length
    }
  }
  return { secrets: rows.length, old, resealed, missing }
})
