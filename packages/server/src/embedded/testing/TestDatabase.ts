/**
 * A fresh database for a test file, on the server that the whole test run shares (`test/TestDatabase.globalSetup.ts`).
 */
import { Context, Effect, Layer, Redacted } from "effect"
import type { SqlError } from "effect/sql"
import { randomBytes } from "node:crypto"
import { inject } from "vitest"
import { createDatabase, dropDatabase } from "../DatabaseCatalog.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The url of a database whose user may create others, on the server of this test run. */
    adminDatabaseUrl: string
    /** The name of a database on it that has the schema of this version and nothing in it. */
    migratedDatabase: string
  }
}

/**
 * An empty database, dropped with whatever is connected to it when the layer closes.
 */
export class TestDatabase extends Context.Service<
  TestDatabase,
  { readonly name: string; readonly url: Redacted.Redacted }
>()("@openseer/server/TestDatabase") {
  /** With `template`, a copy of that database, to which nobody may be connected at that moment. */
  static layer(options: { readonly template?: string } = {}): Layer.Layer<TestDatabase, SqlError.SqlError> {
    return Layer.effect(TestDatabase, Effect.acquireRelease(create(options.template), drop))
  }

  /** A database with the schema of this version and nothing in it: copied, which is faster than to migrate. */
  static readonly migrated: Layer.Layer<TestDatabase, SqlError.SqlError> = Layer.unwrap(
    Effect.sync(() => TestDatabase.layer({ template: inject("migratedDatabase") }))
  )
}

const create = Effect.fn("TestDatabase.create")(function* (template: string | undefined) {
  const admin = inject("adminDatabaseUrl")
  const name = `openseer_test_${randomBytes(6).toString("hex")}`
  yield* createDatabase(Redacted.make(admin), name, template)
  const url = new URL(admin)
  url.pathname = `/${name}`
  return { name, url: Redacted.make(url.href) }
})

const drop = ({ name }: { readonly name: string }) =>
  Effect.orDie(dropDatabase(Redacted.make(inject("adminDatabaseUrl")), name))
