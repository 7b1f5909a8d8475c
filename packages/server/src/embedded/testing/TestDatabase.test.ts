import * as PgConnection from "@effect/sql-pg/PgConnection"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { inject } from "vitest"
import { TestDatabase } from "./TestDatabase.ts"

const query = (url: Redacted.Redacted, sql: string, params: ReadonlyArray<unknown> = []) =>
  Effect.scoped(Effect.flatMap(PgConnection.make({ url }), (connection) => connection.query(sql, params))).pipe(
    Effect.map(({ rows }) => rows)
  )

describe("TestDatabase", () => {
  it.live("gives an empty database, a copy of a template, and drops both although somebody is connected", () =>
    Effect.gen(function* () {
      const names = yield* Effect.gen(function* () {
        const first = yield* TestDatabase
        yield* query(first.url, "create table filled as select 7 as n")
        const second = yield* Effect.gen(function* () {
          const copy = yield* TestDatabase
          assert.deepStrictEqual(yield* query(copy.url, "select n from filled"), [{ n: 7 }])
          yield* PgConnection.make({ url: copy.url })
          return copy.name
        }).pipe(Effect.provide(TestDatabase.layer({ template: first.name })))
        return [first.name, second]
      }).pipe(Effect.provide(TestDatabase.layer()))
      assert.notStrictEqual(names[0], names[1])

      const admin = Redacted.make(inject("adminDatabaseUrl"))
      const left = yield* query(admin, "select 1 from pg_database where datname in ($1, $2)", names)
      assert.lengthOf(left, 0)
    }).pipe(Effect.scoped)
  )
})
