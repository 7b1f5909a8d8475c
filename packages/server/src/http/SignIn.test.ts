import { assert, layer } from "@effect/vitest"
import { AccountApi } from "@openseer/core"
import { Effect, Exit, Fiber, Layer, Logger, References, Schedule, Tracer } from "effect"
import { inspect } from "node:util"
import { signUpsPerHour } from "../accounts/Attempts.ts"
import * as People from "../accounts/People.ts"
import { Site } from "../accounts/Site.ts"
import { Users } from "../accounts/Users.ts"
import { Database } from "../db/Database.ts"
import { TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import * as TestAuthenticator from "../testing/TestAuthenticator.ts"
import { as, claimed, cookieOf, password } from "../testing/TestPeople.ts"

/** Everything that is logged and traced; of spans their names, of statements their text. */
const written: Array<string> = []
const spans: Array<string> = []
const Written = Layer.mergeAll(
  Logger.layer([Logger.make((options) => void written.push(inspect(options, { depth: 8 })))]),
  Layer.succeed(
    Tracer.Tracer,
    Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        const end = span.end.bind(span)
        span.end = (endTime, exit) => {
          end(endTime, exit)
          spans.push(String(span.attributes.get("db.query.text") ?? span.name))
          // What succeeds is not exported.
          const failure = Exit.isFailure(exit) ? exit.cause : undefined
          written.push(inspect([span.name, span.attributes, span.events, failure], { depth: 8 }))
        }
        return span
      }
    })
  ),
  Layer.succeed(References.MinimumLogLevel, "All")
)

layer(TestApi.layer.pipe(Layer.provideMerge(Written)), { excludeTestServices: true })("signing in", (it) => {
  const withFactor = Effect.gen(function* () {
    const people = yield* claimed
    const { cookie, post, rows } = people
    const offer = yield* post("account/second-factor", { currentPassword: password }, cookie)
    assert.strictEqual(offer.status, 200, offer.text)
    const { secret, uri } = offer.json
    const now = Effect.map(
      rows<{ step: number }>("select floor(extract(epoch from now()) / 30)::int as step"),
      ([row]) => row!.step
    )
    const code = (step = 0) => Effect.map(now, (current) => TestAuthenticator.codeOf(secret, current + step))
    return { ...people, code, secret, uri }
  })
  const confirmed = Effect.gen(function* () {
    const people = yield* withFactor
    const answer = yield* people.post("account/second-factor/confirm", { code: yield* people.code(-1) }, people.cookie)
    assert.strictEqual(answer.status, 200, answer.text)
    const pending = Effect.map(people.signIn(), (given) => {
      assert.deepStrictEqual(given.json, { status: "second_factor" })
      return cookieOf(given)
    })
    return { ...people, codes: answer.json.codes as ReadonlyArray<string>, pending }
  })

  it.effect("asks for the second factor once it is confirmed, and takes each code once", () =>
    Effect.gen(function* () {
      const { account, code, cookie, post, pending, rows, uri } = yield* confirmed
      assert.match(uri, /^otpauth:\/\/totp\/OpenSeer:Ada%40acme\.example\?.*secret=[A-Z2-7]{32}/)
      assert.include(JSON.stringify((yield* account(cookie)).json), '"hasSecondFactor":true,"recoveryCodesLeft":10')
      const waiting = yield* pending
      assert.match(waiting, /^__Host-openseer-pending=[\w-]{43}$/)
      assert.strictEqual((yield* account(waiting)).status, 401)
      const replayed = yield* post("auth/second-factor", { code: yield* code(-1) }, waiting)
      assert.strictEqual(replayed.status, 401, "the code that confirmed it")
      const right = yield* code(0)
      const entered = yield* post("auth/second-factor", { code: `${right.slice(0, 3)} ${right.slice(3)}` }, waiting)
      assert.strictEqual(entered.status, 200, entered.text)
      assert.strictEqual((yield* account(cookieOf(entered))).status, 200)
      assert.include(entered.headers.getSetCookie().join(), "__Host-openseer-pending=; Max-Age=0")
      assert.strictEqual((yield* post("auth/second-factor", { code: yield* code(1) }, waiting)).status, 401, "it ended")
      assert.strictEqual((yield* post("auth/second-factor", { code: right }, yield* pending)).status, 401, "replay")
      const raced = yield* pending
      const next = yield* code(1)
      const answers = yield* Effect.all(
        [1, 2, 3].map(() => post("auth/second-factor", { code: next }, raced)),
        { concurrency: 3 }
      )
      assert.strictEqual(answers.filter(({ status }) => status === 200).length, 1)
      const late = yield* pending
      yield* rows("update auth.pending_sign_ins set expires_at = now()")
      assert.strictEqual((yield* post("auth/second-factor", { code: right }, late)).status, 401)
    })
  )

  it.effect("takes a recovery code once, in place of the app, and five wrong codes end the attempt", () =>
    Effect.gen(function* () {
      const { account, codes, cookie, pending, post, rows } = yield* confirmed
      assert.strictEqual(new Set(codes).size, 10)
      assert.match(codes[0]!, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
      const shouted = codes[0]!.toUpperCase().replaceAll("-", " ")
      assert.strictEqual((yield* post("auth/second-factor", { code: shouted }, yield* pending)).status, 200)
      assert.strictEqual((yield* post("auth/second-factor", { code: codes[0] }, yield* pending)).status, 401)
      assert.strictEqual((yield* account(cookie)).json.recoveryCodesLeft, 9)
      const given = { currentPassword: password, code: codes[2] }
      const renewed = yield* post("account/recovery-codes", given, cookie)
      assert.strictEqual((yield* post("account/recovery-codes", given, cookie)).status, 422, "the code was used")
      assert.strictEqual((yield* post("auth/second-factor", { code: codes[1] }, yield* pending)).status, 401)
      yield* rows("truncate auth.attempts")
      const waiting = yield* pending
      for (let i = 0; i < 5; i++) {
        assert.strictEqual((yield* post("auth/second-factor", { code: "123456" }, waiting)).status, 401)
      }
      yield* rows("truncate auth.attempts")
      const late = yield* post("auth/second-factor", { code: renewed.json.codes[0] }, waiting)
      assert.strictEqual(late.status, 401, "the attempt has ended")
      assert.strictEqual(
        (yield* post("auth/second-factor", { code: renewed.json.codes[0] }, yield* pending)).status,
        200
      )
    })
  )

  it.effect(
    "gains the second factor only with the password, which ends other sessions, and loses it only with a code as well",
    () =>
      Effect.gen(function* () {
        const { account, code, cookie, post, rows, signIn } = yield* withFactor
        const phone = cookieOf(yield* signIn())
        assert.strictEqual((yield* post("account/second-factor", {}, cookie)).status, 422)
        assert.strictEqual((yield* post("account/second-factor/confirm", { code: "000000" }, cookie)).status, 422)
        assert.strictEqual((yield* post("account/second-factor/confirm", { code: yield* code() }, cookie)).status, 200)
        const [last] = yield* rows<{ action: string }>(
          "select action from auth.audit_log order by audit_id desc limit 1"
        )
        assert.strictEqual(last?.action, "account.second_factor", "which tells of its codes, too")
        assert.strictEqual((yield* account(phone)).status, 401)
        assert.strictEqual((yield* account(cookie)).status, 200)
        const again = yield* post("account/second-factor", { currentPassword: password }, cookie)
        assert.strictEqual(again.status, 422)
        const remove = (given: object) => post("account/second-factor/remove", given, cookie)
        const next = yield* code(1)
        assert.strictEqual((yield* remove({ currentPassword: "no", code: next })).status, 422)
        for (const path of ["second-factor/remove", "recovery-codes"]) {
          const { json } = yield* post(`account/${path}`, { currentPassword: password }, cookie)
          assert.strictEqual(json.errors[0].path, "code", path)
        }
        const removed = yield* remove({ currentPassword: password, code: next })
        assert.strictEqual(removed.status, 204)
        assert.strictEqual((yield* signIn()).json.status, "signed_in")
      })
  )

  it.effect(
    "allows five failures a minute and twenty an hour for an account, known or not, however many come at once",
    () =>
      Effect.gen(function* () {
        const { rows, signIn } = yield* claimed
        for (const email of ["ada@acme.example", "nobody@acme.example"]) {
          const answers = yield* Effect.all(
            Array.from({ length: 12 }, (_, i) => signIn({ email, password: "wrong" }, { address: `203.0.113.${i}` })),
            { concurrency: 12 }
          )
          assert.deepStrictEqual(
            answers.map(({ status }) => status).toSorted(),
            [...Array(5).fill(401), ...Array(7).fill(429)],
            email
          )
          const refused = answers.find(({ status }) => status === 429)!
          assert.match(refused.headers.get("retry-after") ?? "", /^([1-9]|[1-5]\d|60)$/)
          yield* rows("update auth.attempts set minute = minute - interval '1 minute', failures = failures * 4")
          const hour = yield* signIn({ email, password: "wrong" })
          assert.strictEqual(hour.status, 429)
          assert.isAbove(Number(hour.headers.get("retry-after")), 3_000)
          yield* rows("update auth.attempts set minute = minute - interval '1 hour'")
          assert.strictEqual((yield* signIn({ email, password: "wrong" })).status, 401)
        }
      })
  )

  it.effect("counts attempts at one account together, however its address is written", () =>
    Effect.gen(function* () {
      const { rows, signIn } = yield* claimed
      yield* rows("update auth.users set email = 'ida@acme.example'")
      // PostgreSQL takes İ for an i; JavaScript for an i and a dot above it.
      for (const name of ["ida", "İda", "IDA"]) {
        assert.strictEqual((yield* signIn({ email: `${name}@acme.example`, password: "wrong" })).status, 401)
      }
      const counted = rows("select sum(failures)::int as failures from auth.attempts group by subject")
      assert.deepStrictEqual(yield* counted, [{ failures: 3 }])
    })
  )

  it.effect("never locks the owner out where they signed in before, whatever others do in their name", () =>
    Effect.gen(function* () {
      const { cookie, post, rows, signIn } = yield* claimed
      const device = cookie.split("; ").find((text) => text.startsWith("__Host-openseer-device="))!
      for (let i = 0; i < 6; i++) yield* signIn({ password: "wrong" }, { address: "203.0.113.1" })
      assert.strictEqual((yield* signIn({}, { address: "203.0.113.2" })).status, 429, "from elsewhere")
      const at = { address: "203.0.113.1", headers: { cookie: device } }
      assert.strictEqual((yield* signIn({}, at)).status, 200, "even from the same address")
      for (let i = 0; i < 5; i++) assert.strictEqual((yield* signIn({ password: "wrong" }, at)).status, 401)
      assert.strictEqual((yield* signIn({}, at)).status, 429, "nor may the browser guess for ever")
      yield* rows("truncate auth.attempts")
      for (let i = 0; i < 50; i++) {
        yield* rows(`insert into auth.attempts values ('address:203.0.113.1', date_trunc('minute', now()), 1)
                     on conflict (subject, minute) do update set failures = attempts.failures + 1`)
      }
      assert.strictEqual((yield* signIn({}, { address: "203.0.113.1" })).status, 429, "50 an hour from an address")
      assert.strictEqual((yield* signIn({}, at)).status, 200)
      yield* post("auth/invitation", { token: "osinv_x" }, "", { address: "203.0.113.9" })
      assert.deepStrictEqual(
        yield* rows("select from auth.attempts where subject = 'address:203.0.113.9'"),
        [],
        "any page can show an image that is a link of an invitation"
      )
      for (let i = 0; i < 5; i++)
        yield* post("account/password", { currentPassword: "wrong", newPassword: password }, cookie)
      const guessed = yield* post("account/password", { currentPassword: password, newPassword: password }, cookie)
      assert.strictEqual(guessed.status, 429)
    })
  )

  it.effect("takes the same steps for an account that is not there as for a wrong password", () =>
    Effect.gen(function* () {
      const { signIn } = yield* claimed
      const stepsOf = (given: object) =>
        Effect.gen(function* () {
          spans.length = 0
          yield* signIn({ ...given, password: "wrong" })
          return [...spans]
        })
      const known = yield* stepsOf({})
      assert.include(known, "Passwords.verify")
      // Without it the transaction of nobody's entry would not wait for the disk, as that of somebody's does.
      assert.include(known, "select pg_logical_emit_message(true, 'openseer', '')::text")
      assert.deepStrictEqual(yield* stepsOf({ email: "nobody@acme.example" }), known)
    })
  )

  it.effect("comes to nothing by a password or without a second factor that was changed since it was looked at", () =>
    Effect.gen(function* () {
      const { background } = yield* Database
      const { setPassword } = yield* Users
      const { rows } = yield* TestInstance
      const isWaiting = Effect.repeat(
        rows("select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"),
        {
          until: (found) => found.length > 0,
          schedule: Schedule.spaced("5 millis")
        }
      )
      /** Runs `attempt` until it waits for a change that is not committed yet, and then commits that. */
      const during = <A, E, R>(change: string, attempt: Effect.Effect<A, E, R>) =>
        Effect.orDie(
          background.sql
            .withTransaction(
              Effect.gen(function* () {
                yield* background.sql.unsafe(change)
                const fiber = yield* Effect.forkChild(attempt)
                yield* isWaiting
                return fiber
              })
            )
            .pipe(Effect.flatMap(Fiber.join))
        )
      const { code, pending, post, signIn } = yield* confirmed
      const changed = "update auth.users set password_hash = 'another'"
      const waiting = yield* pending
      // What a change of the password does, after which the code of the one that waits is still right.
      const ended = "with u as (update auth.users set name = 'Ada') delete from auth.pending_sign_ins"
      const late = yield* during(ended, post("auth/second-factor", { code: yield* code() }, waiting))
      assert.strictEqual(late.status, 401, "at the second factor")
      assert.strictEqual((yield* during(changed, signIn())).status, 401, "before the second factor")
      assert.deepStrictEqual(yield* rows("select from auth.pending_sign_ins"), [])

      const other = yield* withFactor
      const sessions = () => rows("select from auth.sessions")
      assert.strictEqual((yield* during("update auth.users set totp_confirmed_at = now()", other.signIn())).status, 401)
      yield* rows("update auth.users set totp_confirmed_at = null")
      assert.strictEqual((yield* during(changed, other.signIn())).status, 401)
      assert.strictEqual((yield* sessions()).length, 1, "the first one's alone")
      const [ada] = yield* rows<{ user_key: number }>("select user_key from auth.users")
      // One that was faster is ended by the change, which waits for it.
      const faster = `insert into auth.sessions (session_hash, session_id, user_key, expires_at)
                      select sha256('x'), 'ses_x', user_key, now() + interval '1 hour' from auth.users for share`
      yield* during(faster, setPassword(ada!.user_key, "another"))
      assert.deepStrictEqual(yield* sessions(), [])
    })
  )

  it.effect("forgets what has expired", () =>
    Effect.gen(function* () {
      const { account, cookie, pending, rows, signIn } = yield* confirmed
      yield* pending
      yield* signIn({ password: "wrong" })
      yield* rows(`update auth.attempts set minute = minute - interval '2 hours';`)
      yield* rows("update auth.pending_sign_ins set expires_at = now()")
      yield* rows(`insert into auth.sessions (session_hash, session_id, user_key, expires_at)
                   select sha256('x'), 'ses_x', user_key, now() from auth.users`)
      yield* rows("insert into auth.setup_links values (sha256('x'), now(), now())")
      yield* rows("update auth.known_devices set seen_at = now() - interval '366 days'")
      yield* Effect.orDie(People.expire)
      for (const table of ["attempts", "pending_sign_ins", "setup_links", "known_devices"]) {
        assert.deepStrictEqual(yield* rows(`select from auth.${table}`), [], table)
      }
      assert.strictEqual((yield* rows("select from auth.sessions")).length, 1)
      assert.strictEqual((yield* account(cookie)).status, 200)
    })
  )

  it.effect("leaves no password, token or code in any log or span", () =>
    Effect.gen(function* () {
      written.length = 0
      const { code, codes, cookie, input, pending, post, secret, signIn } = yield* confirmed
      const waiting = yield* pending
      yield* signIn({ password: "planted wrong password" })
      const right = yield* code(0)
      yield* post("auth/second-factor", { code: right }, waiting)
      yield* post("auth/second-factor", { code: codes[3] }, yield* pending)
      yield* post("auth/sign-in", { email: "ada@acme.example", password: 7, more: "planted more" })
      const text = written.join("\n")
      assert.include(text, "Passwords.verify")
      const tokens = [...`${cookie}; ${waiting}`.matchAll(/=([\w-]{43})/g)].map(([, token]) => token!)
      assert.strictEqual(tokens.length, 3)
      for (const planted of [
        ...tokens,
        ...codes,
        codes[3]!.replaceAll("-", ""),
        secret,
        right,
        password,
        input.token!,
        "planted"
      ]) {
        assert.notInclude(text, planted)
      }
    })
  )
})

layer(TestApi.layer.pipe(Layer.provide(Layer.succeed(Site, { registration: "open", insecureCookies: true }))), {
  excludeTestServices: true
})("signing up", (it) => {
  const input = { name: "Eve", email: "eve@a.example", password: "a long password" }

  it.effect("makes an account with an organization of its own where registration is open, one an address", () =>
    Effect.gen(function* () {
      const { account, cookie, post, rows } = yield* claimed
      assert.match(cookie, /^openseer=[\w-]{43}; openseer-device=[\w-]{43}$/, "plain HTTP was asked for")
      yield* rows("truncate auth.users cascade")
      assert.strictEqual((yield* post("auth/sign-up", input)).status, 403, "not before somebody has set it up")
      const again = yield* claimed
      const made = yield* post("auth/sign-up", { ...input, organizationName: "Eve's" })
      assert.strictEqual(made.status, 200, made.text)
      const { json } = yield* account(cookieOf(made))
      assert.deepInclude(json, { name: "Eve", mayCreateOrganization: true })
      assert.deepStrictEqual(
        json.organizations.map(({ name }: { name: string }) => name),
        ["Eve's"]
      )
      const answers = yield* Effect.all(
        [1, 2, 3].map(() => post("auth/sign-up", { ...input, email: "Mia@a.example" })),
        { concurrency: 3 }
      )
      assert.deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, 422, 422])
      assert.strictEqual((yield* post("auth/sign-up", { ...input, email: "ada@ACME.example" })).status, 422)
      assert.strictEqual((yield* post("auth/sign-up", { ...input, email: "x@y", role: "owner" })).status, 422)
      assert.strictEqual((yield* again.account(again.cookie)).json.organization.name, "Acme")
    })
  )

  it.effect("is done so often from an address in an hour, but for those who are invited", () =>
    Effect.gen(function* () {
      const { cookie, post, rows } = yield* claimed
      const signUp = (name: string, more: object, address: string) =>
        post("auth/sign-up", { ...input, email: `${name}@a.example`, ...more }, "", { address })
      const [one, same, other] = ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1"] as const
      const common = yield* signUp("eve", { password: "password1234" }, one)
      assert.strictEqual(common.status, 422, "which does not count")
      assert.strictEqual((yield* signUp("eve", {}, one)).status, 200)
      const counted = yield* rows("select failures from auth.attempts where subject like 'sign-up:%' and failures > 0")
      assert.deepStrictEqual(counted, [{ failures: 1 }])
      yield* rows(`update auth.attempts set failures = ${signUpsPerHour}, minute = minute - interval '10 minutes'
                    where subject like 'sign-up:%'`)
      const refused = yield* signUp("mia", {}, same)
      assert.strictEqual(refused.status, 429)
      const seconds = Number(refused.headers.get("retry-after"))
      assert.isTrue(seconds > 48 * 60 && seconds <= 50 * 60, String(seconds))
      assert.strictEqual((yield* signUp("mia", {}, other)).status, 200)
      const { json } = yield* post("invitations", { role: "viewer" }, cookie)
      assert.strictEqual((yield* signUp("Zoë", { invitation: json.token }, same)).status, 200)
    })
  )

  it.effect(`lets one person own ${AccountApi.organizationsOwnedMax} organizations, unless they own the instance`, () =>
    Effect.gen(function* () {
      const { account, cookie, post, rows } = yield* claimed
      const owner = cookieOf(yield* post("auth/sign-up", input))
      for (const who of [cookie, owner]) {
        const { json } = yield* account(who)
        yield* rows(`with o as (insert into auth.organizations (organization_id, name)
                                select 'org_' || '${json.id}' || n, 'o' from generate_series(3, ${AccountApi.organizationsOwnedMax}) n
                                returning organization_key)
                     insert into auth.members (organization_key, user_key, role)
                     select organization_key, user_key, 'owner' from o, auth.users where user_id = '${json.id}'`)
      }
      const create = (who: string) => post("account/organizations", { name: "One more" }, who)
      const answers = yield* Effect.all([create(owner), create(owner), create(owner)], { concurrency: 3 })
      assert.deepStrictEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409])
      const refused = answers.find(({ status }) => status === 409)!
      assert.deepInclude(refused.json, { limit: 20, detail: "one person may own 20 organizations" })
      for (let i = 0; i < 2; i++) assert.strictEqual((yield* create(cookie)).status, 201)
    })
  )

  it.effect("by an invitation makes a member of that organization, once, and only for whom it is meant", () =>
    Effect.gen(function* () {
      const { account, call, cookie, post } = yield* claimed
      const invite = (json: object) => post("invitations", json, cookie)
      const { json: made } = yield* invite({ role: "editor", email: "eve@a.example" })
      const looked = yield* post("auth/invitation", { token: made.token })
      assert.deepInclude(looked.json, {
        organizationName: "Acme",
        role: "editor",
        email: "eve@a.example",
        invitedBy: "Ada"
      })
      const other = yield* post("auth/sign-up", { ...input, email: "mallory@a.example", invitation: made.token })
      assert.strictEqual(other.status, 422)
      const joined = yield* post("auth/sign-up", { ...input, email: "Eve@a.example", invitation: made.token })
      assert.strictEqual(joined.status, 200, joined.text)
      const eve = yield* account(cookieOf(joined))
      assert.deepInclude(eve.json.organization, { name: "Acme", role: "editor" })
      assert.deepStrictEqual(eve.json.scopes, ["write"])
      assert.strictEqual((yield* post("auth/invitation", { token: made.token })).status, 410)
      const used = yield* post("auth/sign-up", { ...input, email: "mia@a.example", invitation: made.token })
      assert.strictEqual(used.status, 410)
      const { json: open } = yield* invite({ role: "viewer" })
      const mia = cookieOf(yield* post("auth/sign-up", { ...input, email: "mia@a.example" }))
      const accepted = yield* post("account/invitations", { token: open.token }, mia)
      assert.deepInclude(accepted.json.organization, { name: "Acme", role: "viewer" })
      assert.strictEqual(accepted.json.organizations.length, 2)
      const log = yield* call("GET", "/api/v1/audit-log?action=member", as(cookie))
      assert.deepStrictEqual(
        log.json.items.map(
          ({ actor, action }: { actor: { name: string }; action: string }) => `${actor.name} ${action}`
        ),
        ["Eve member.join", "Eve member.join", "Ada member.join"]
      )
    })
  )
})
