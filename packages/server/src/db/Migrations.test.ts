import { assert, layer } from "@effect/vitest"
import { Effect, Layer, type Redacted, References } from "effect"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import { Database } from "./Database.ts"
import * as Migrations from "./Migrations.ts"

const databaseAt = (url: Redacted.Redacted) =>
  Database.layer({ url, workerConnections: 2, apiConnections: 2, backgroundConnections: 2 })

const Empty = Layer.unwrap(TestDatabase.useSync(({ url }) => databaseAt(url))).pipe(
  Layer.provideMerge(TestDatabase.layer()),
  Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Error"))
)

const rows = Effect.fnUntraced(function* <A extends object>(text: string) {
  const { background } = yield* Database
  return yield* background.run(background.sql.unsafe<A>(text))
})

const fresh = { excludeTestServices: true } as const

layer(Empty, fresh)("migrations", (it) => {
  it.effect("are applied once by five replicas that start at the same moment, and then there is nothing to do", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      assert.strictEqual(yield* Migrations.pending, (yield* Migrations.shipped).length)
      const reports = yield* Effect.all(
        Array.from({ length: 5 }, () => Migrations.migrate.pipe(Effect.provide(databaseAt(url)))),
        { concurrency: "unbounded" }
      )
      const applied = reports.flatMap((report) => report.applied)
      assert.strictEqual(applied.length, (yield* Migrations.shipped).length)
      assert.strictEqual(new Set(applied).size, applied.length)
      assert.strictEqual(yield* Migrations.pending, 0)
      assert.deepStrictEqual((yield* Migrations.migrate).applied, [])
    })
  )
})

layer(Empty, fresh)("an interrupted migration", (it) => {
  it.effect("goes on where it stopped, and leaves nothing half done", () =>
    Effect.gen(function* () {
      yield* rows(`create function public.stop() returns event_trigger language plpgsql as $$ begin
        if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'ts.gaps') then
          raise exception 'the disk is full'; end if; end $$`)
      yield* rows("create event trigger stop on ddl_command_end execute function public.stop()")
      const refused = yield* Effect.flip(Migrations.migrate)
      assert.strictEqual(refused._tag, "MigrationRefused")
      assert.include(refused.message, "0003_results can't be applied: the disk is full")
      assert.deepStrictEqual(yield* rows("select id from app.migrations order by id"), [{ id: 1 }, { id: 2 }])
      assert.deepStrictEqual(yield* rows("select to_regclass('ts.results_raw') as half"), [{ half: null }])
      yield* rows("drop event trigger stop")
      yield* Migrations.migrate
      assert.strictEqual(yield* Migrations.pending, 0)
    })
  )
})

layer(Empty, fresh)("the addresses of people that were there before", (it) => {
  it.effect("are proven of those who own the instance, and of nobody else", () =>
    Effect.gen(function* () {
      yield* rows(`create function public.stop() returns event_trigger language plpgsql as $$ begin
        if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'auth.forget_proof()') then
          raise exception 'not yet'; end if; end $$`)
      yield* rows("create event trigger stop on ddl_command_end execute function public.stop()")
      const stopped = yield* Effect.flip(Migrations.migrate)
      assert.include(stopped.message, "0013_proven can't be applied: not yet")
      yield* rows(
        "insert into auth.organizations (organization_id, name) values ('org_own', 'Own'), ('org_2', 'Other')"
      )
      yield* rows(`insert into auth.instance (organization_key)
                   select organization_key from auth.organizations where organization_id = 'org_own'`)
      yield* rows(`insert into auth.users (user_id, email, name)
                   select n, n || '@a.example', n from unnest('{owner,admin,elsewhere}'::text[]) as n`)
      yield* rows(`insert into auth.members (organization_key, user_key, role)
                   select o.organization_key, u.user_key, r.role
                     from (values ('org_own', 'owner', 'owner'), ('org_own', 'admin', 'admin'),
                                  ('org_2', 'elsewhere', 'owner')) as r (organization_id, user_id, role)
                     join auth.organizations o using (organization_id) join auth.users u using (user_id)`)
      yield* rows("drop event trigger stop")
      yield* Migrations.migrate
      const proven = yield* rows("select user_id from auth.users where email_proven_at is not null")
      assert.deepStrictEqual(proven, [{ user_id: "owner" }])
    })
  )
})

layer(Empty, fresh)("a database", (it) => {
  it.effect("that is newer than this version, or was migrated with another file, is refused and not touched", () =>
    Effect.gen(function* () {
      yield* Migrations.migrate
      yield* rows("insert into app.migrations (id, name, checksum) values (9999, '9999_future', 'x')")
      const newer = yield* Effect.flip(Migrations.migrate)
      assert.deepStrictEqual(newer._tag === "MigrationRefused" && newer.reason, "newer")
      assert.include(newer.message, "upgrade OpenSeer")
      yield* rows("delete from app.migrations where id = 9999")
      yield* rows("update app.migrations set checksum = 'other' where id = 1")
      const changed = yield* Effect.flip(Migrations.migrate)
      assert.deepStrictEqual(changed._tag === "MigrationRefused" && changed.reason, "changed")
    })
  )
})
