import { assert, layer } from "@effect/vitest"
import { Console, Effect } from "effect"
import { TestApi } from "../testing/TestApi.ts"
import { claimed, cookieOf } from "../testing/TestPeople.ts"
import * as PeopleCommands from "./PeopleCommands.ts"

/** Runs the command: what it prints, line by line. */
const reset = (dropSecondFactor: boolean) =>
  Effect.gen(function* () {
    const printed: Array<string> = []
    const note = (text: string) => void printed.push(text)
    yield* PeopleCommands.resetPassword("ADA@acme.example", { dropSecondFactor }).pipe(
      Effect.provideService(Console.Console, { ...globalThis.console, log: note, error: note })
    )
    return printed
  })

layer(TestApi.layer, { excludeTestServices: true })("openseer user password", (it) => {
  it.effect("gives somebody who lost theirs a new one, signs them out everywhere, and may drop the second factor", () =>
    Effect.gen(function* () {
      const { account, cookie, rows, signIn } = yield* claimed
      yield* rows("update auth.users set totp_secret = 'v1.x', totp_confirmed_at = now(), email_proven_at = null")
      yield* rows("insert into auth.recovery_codes select user_key, sha256('x') from auth.users")
      const [password, more] = yield* reset(false)
      assert.match(password!, /^[\w-]{24}$/)
      assert.include(more, "--drop-second-factor")
      assert.strictEqual((yield* account(cookie)).status, 401)
      assert.strictEqual((yield* signIn()).status, 401)
      assert.strictEqual((yield* signIn({ password })).json.status, "second_factor")
      const [second, ...none] = yield* reset(true)
      assert.deepStrictEqual(none, [])
      const signedIn = yield* signIn({ password: second })
      assert.deepInclude((yield* account(cookieOf(signedIn))).json, { hasSecondFactor: false, recoveryCodesLeft: 0 })
      assert.lengthOf(
        yield* rows("select from auth.users where email_proven_at is not null"),
        1,
        "the operator knows them"
      )
      const unknown = yield* Effect.flip(PeopleCommands.resetPassword("eve@acme.example", { dropSecondFactor: false }))
      assert.strictEqual(unknown.message, "there is no user eve@acme.example")
    })
  )
})
