import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Database } from "../db/Database.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import * as People from "./People.ts"
import { Site } from "./Site.ts"
import { SignUp } from "./SignUp.ts"
import { Users } from "./Users.ts"

/** Each transaction is committed and then repeated, as when a connection breaks that was just about to say so. */
const Repeating = Layer.effect(
  Database,
  Effect.map(Database, (database) =>
    Database.of({
      ...database,
      asInstance: (statements) => Effect.andThen(database.asInstance(statements), database.asInstance(statements))
    })
  )
)

const Repeated = People.layer.pipe(
  Layer.provide(Repeating),
  Layer.provide(Layer.succeed(Site, { registration: "open", insecureCookies: false })),
  Layer.provideMerge(TestInstance.layer)
)

layer(Repeated, { excludeTestServices: true })("an organization", (it) => {
  it.effect("is made once, also when the transaction that makes it is repeated", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const signUp = yield* SignUp
      const users = yield* Users
      const names = rows<{ name: string; roles: string }>(
        `select o.name, string_agg(m.role, ' ') as roles from auth.organizations o join auth.members m using (organization_key)
          group by o.organization_key order by 1`
      )
      yield* rows("insert into auth.users (user_id, email, name) values ('usr_first', 'first@a.example', 'First')")
      const input = { name: "Eve", email: "eve@a.example", password: "a long password" }
      const { userKey } = yield* signUp.withPassword(input)
      assert.deepStrictEqual(yield* names, [{ name: "Eve", roles: "owner" }])
      yield* users.createOrganization(userKey, "Other")
      assert.deepStrictEqual(yield* names, [
        { name: "Eve", roles: "owner" },
        { name: "Other", roles: "owner" }
      ])
    })
  )
})
