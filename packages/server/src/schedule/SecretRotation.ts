/**
 * SCHEDULE: every stored secret sealed anew with the current key, so that an old key can be thrown away.
 *
 * Goes through monitors and one-off jobs in batches, whoever else writes them, and through users. A spec is replaced where it still is what
 * was read, so that a change that comes between is never undone: the next round finds what that one left.
 */
import { Secret } from "@openseer/core"
import { Effect, Option, type Schema } from "effect"
import * as SecondFactorRotation from "../accounts/SecondFactorRotation.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { keyIdOf, SecretBox, type SpecOwner } from "../secrets/SecretBox.ts"

/**
 * What came of it, in secrets: how many there are, how many an older key had sealed, how many of these were sealed anew,
 * and by key those that did not open.
 */
export interface Rotation {
  readonly secrets: number
  readonly old: number
  readonly resealed: number
  readonly missing: ReadonlyMap<string, number>
}

/** How many rows are read and written at once: a lock of them lasts a few milliseconds. */
export const batchSize = 200

/** Rounds over everything until one finds nothing to do. More than one is only needed while others are writing. */
const roundsMax = 5

/** Counts secrets and those that do not open, and changes nothing. */
export const examine: Effect.Effect<Rotation, DatabaseBusy, Database | SecretBox> = Effect.suspend(() => round(false))

/** Seals anew what an older key sealed. Safe to run twice, at any moment, by any number of processes. */
export const rotate: Effect.Effect<Rotation, DatabaseBusy, Database | SecretBox> = Effect.gen(function* () {
  let resealed = 0
  for (let n = 1; ; n++) {
    const done = yield* round(true)
    resealed += done.resealed
    if (done.old === 0 || n === roundsMax) return { ...done, resealed }
  }
}).pipe(Effect.withSpan("SecretRotation.rotate"))

const tables = ["monitors", "one_off_jobs"] as const

const round = Effect.fnUntraced(function* (isWriting: boolean) {
  let secrets = 0
  let old = 0
  let resealed = 0
  const missing = new Map<string, number>()
  const box = yield* SecretBox
  for (const table of tables) {
    for (let after = 0; ;) {
      const rows = yield* read(table, after)
      const changes: Array<Change> = []
      for (const row of rows) {
        const { count, text } = resealedText(box, row, missing)
        secrets += Secret.placesIn(row.spec).length
        old += count
        if (count > 0) changes.push({ key: row.key, old: row.text, spec: text, count })
      }
      if (isWriting && changes.length > 0) {
        const written = new Set((yield* write(table, changes)).map(({ key }) => key))
        for (const { count, key } of changes) if (written.has(key)) resealed += count
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < batchSize) break
      after = last.key
    }
  }
  const users = yield* SecondFactorRotation.round(isWriting)
  for (const [id, count] of users.missing) missing.set(id, (missing.get(id) ?? 0) + count)
  return {
    secrets: secrets + users.secrets,
    old: old + users.old,
    resealed: resealed + users.resealed,
    missing
  } satisfies Rotation
})

interface SpecRow {
  readonly key: number
  readonly spec: Schema.Json
  /** The same as the database writes it: numbers that JavaScript can't hold stay what they are. */
  readonly text: string
  readonly monitor_id: string
  readonly organization_id: string
}

interface Change {
  readonly key: number
  readonly old: string
  readonly spec: string
  /** How many of its secrets change. */
  readonly count: number
}

/** Whose a spec is: secrets of a draft are sealed for its request. */
const owners = {
  monitors: "t.monitor_id",
  one_off_jobs: "coalesce((select m.monitor_id from app.monitors m where m.monitor_key = t.monitor_key), t.request_id)"
} as const

const keyColumns = { monitors: "monitor_key", one_off_jobs: "job_id" } as const

/** A batch of specs with secrets, in the order of the primary key, which serves it. Deleted monitors as well. */
const read = Effect.fnUntraced(function* (table: (typeof tables)[number], after: number) {
  const { run, sql } = (yield* Database).background
  const key = sql.literal(`t.${keyColumns[table]}`)
  return yield* run(sql<SpecRow>`
    select ${key} as key, t.spec, t.spec::text as text, ${sql.literal(owners[table])} as monitor_id, o.organization_id
      from ${sql.literal(`app.${table}`)} t
      join auth.organizations o on o.organization_key = t.organization_key
     where ${key} > ${after} and jsonb_path_exists(t.spec, '$.**.sealed')
     order by ${key} limit ${batchSize}`)
})

/** Locks the rows it changes, those only that still are what was read. Safe to run twice: the second finds none. */
const write = Effect.fnUntraced(function* (table: (typeof tables)[number], changes: ReadonlyArray<Change>) {
  const { run, sql } = (yield* Database).background
  const key = sql.literal(`t.${keyColumns[table]}`)
  return yield* run(sql<{ key: number }>`
    update ${sql.literal(`app.${table}`)} t set spec = c.spec::jsonb
      from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c(key int, old text, spec text)
     where ${key} = c.key and t.spec = c.old::jsonb
    returning ${key} as key`)
})

/** The spec with what an older key sealed sealed anew. Sealed texts need no escape in JSON, and no two are the same. */
const resealedText = (box: SecretBox["Service"], row: SpecRow, missing: Map<string, number>) => {
  const owner: SpecOwner = { organizationId: row.organization_id, monitorId: row.monitor_id }
  let { text } = row
  let count = 0
  for (const { path, value } of Secret.placesIn(row.spec)) {
    if (!("sealed" in value)) continue
    const keyId = keyIdOf(value.sealed)
    const secret = box.open(owner, path, value.sealed)
    if (Option.isNone(secret)) missing.set(keyId, (missing.get(keyId) ?? 0) + 1)
    else if (keyId !== box.keyIds[0]) {
      const sealed = Option.getOrThrow(box.seal(owner, path, secret.value))
      text = text.replace(JSON.stringify(value.sealed), () => JSON.stringify(sealed))
      count++
    }
  }
  return { count, text }
}
