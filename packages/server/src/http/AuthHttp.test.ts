import { assert, layer } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { SetupLinks } from "../accounts/SetupLinks.ts"
import { type Call, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { as, claimed, cookieOf, own, password } from "../testing/TestPeople.ts"

layer(TestApi.layer, { excludeTestServices: true })("people", (it) => {
  it.effect("claim the instance by its setup link, one of all who race, who then is its owner", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const { rows } = yield* TestInstance
      const { create } = yield* SetupLinks
      const tokens = yield* Effect.all(Array.from({ length: 4 }, () => create))
      const answers = yield* Effect.all(
        tokens.map((link, index) =>
          call("POST", "/api/v1/auth/setup", {
            json: {
              token: new URL(Redacted.value(Option.getOrThrow(link))).searchParams.get("token"),
              organizationName: "Acme",
              name: "Ada",
              email: `ada${index}@acme.example`,
              password
            }
          })
        ),
        { concurrency: 4 }
      )
      assert.deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409, 409])
      assert.strictEqual((yield* rows("select from auth.users")).length, 1)
      const winner = answers.find(({ status }) => status === 200)!
      const { json } = yield* call("GET", "/api/v1/account", as(cookieOf(winner)))
      assert.deepInclude(json, { name: "Ada", hasPassword: true, scopes: ["admin"], mayCreateOrganization: true })
      assert.deepInclude(json.organization, { name: "Acme", role: "owner" })
      assert.isTrue(Option.isNone(yield* create), "no link any more")
      assert.isFalse((yield* call("GET", "/api/v1/auth/options")).json.needsSetup)
    })
  )

  it.effect("get cookies of this host alone, byte for byte, and leave hashes in the database", () =>
    Effect.gen(function* () {
      const { call, cookie, rows, setup, signIn } = yield* claimed
      const [session, device] = setup.headers.getSetCookie()
      assert.match(session!, /^__Host-openseer=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
      assert.match(
        device!,
        /^__Host-openseer-device=[\w-]{43}; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Lax$/
      )
      assert.notStrictEqual(cookieOf(yield* signIn()), cookie, "a new session each time")
      const tables = yield* rows<{ name: string }>(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('auth', 'app')"
      )
      const tokens = [...cookie.matchAll(/=([\w-]{43})/g)].map(([, token]) => token!)
      assert.strictEqual(tokens.length, 2)
      for (const { name } of tables) {
        const text = JSON.stringify(yield* rows(`select t::text as row from ${name} t`))
        for (const secret of [...tokens, password]) {
          assert.notInclude(text, secret, name)
          assert.notInclude(text, Buffer.from(secret).toString("hex"), name)
        }
      }
      const out = yield* call("POST", "/api/v1/auth/sign-out", as(cookie))
      assert.strictEqual(out.status, 204)
      assert.deepStrictEqual(out.headers.getSetCookie(), [
        "__Host-openseer=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"
      ])
      assert.strictEqual((yield* call("GET", "/api/v1/account", as(cookie))).status, 401)
    })
  )

  it.effect("see what a key of their scopes sees, by their role as it is now", () =>
    Effect.gen(function* () {
      const { call, cookie, rows } = yield* claimed
      const json = { name: "m", spec: { url: "https://a.example/" } }
      const create = call("POST", "/api/v1/monitors", as(cookie, { json }))
      assert.strictEqual((yield* create).status, 201)
      yield* rows("update auth.members set role = 'viewer'")
      assert.strictEqual((yield* create).status, 403)
      assert.strictEqual((yield* call("GET", "/api/v1/monitors", as(cookie))).status, 200)
      yield* rows("delete from auth.members")
      const gone = yield* call("GET", "/api/v1/monitors", as(cookie))
      assert.strictEqual(gone.status, 403)
      assert.include(gone.json.detail, "no organization")
      const alone = yield* call("GET", "/api/v1/account", as(cookie))
      assert.deepInclude(alone.json, { organization: null, scopes: [], organizations: [] })
    })
  )

  it.effect("sign in by email in any case and the exact password, and are told nothing else", () =>
    Effect.gen(function* () {
      const { call, signIn } = yield* claimed
      assert.deepStrictEqual((yield* signIn()).json, { status: "signed_in" })
      const wrong = yield* signIn({ password: `${password} ` })
      const unknown = yield* signIn({ email: "eve@acme.example" })
      assert.deepStrictEqual([wrong.status, unknown.status], [401, 401])
      assert.strictEqual(wrong.text, unknown.text)
      assert.deepStrictEqual(wrong.headers.getSetCookie(), [])
      const more = yield* signIn({ role: "owner" })
      assert.strictEqual(more.status, 422)
      assert.strictEqual((yield* call("POST", "/api/v1/auth/sign-in", { body: "email=a" })).status, 415)
    })
  )

  it.effect("are not believed by a cookie that a page of another site sends (CVE-2023-49805)", () =>
    Effect.gen(function* () {
      const { call, cookie } = yield* claimed
      const status = (method: string, path: string, headers: Record<string, string>, more: Call = {}) =>
        Effect.map(call(method, path, { ...more, headers: { cookie, ...headers } }), (answer) => answer.status)
      const evil = { origin: "https://evil.example" }
      assert.strictEqual(yield* status("GET", "/api/v1/events", evil, { endless: true }), 403)
      assert.strictEqual(yield* status("GET", "/api/v1/monitors", evil), 403)
      assert.strictEqual(yield* status("GET", "/api/v1/monitors", { "sec-fetch-site": "cross-site" }), 403)
      const followed = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" }
      assert.strictEqual(yield* status("GET", "/api/v1/monitors", followed), 401)
      assert.strictEqual(yield* status("GET", "/api/v1/monitors", { "sec-fetch-site": "same-site" }), 401)
      assert.strictEqual(yield* status("GET", "/api/v1/monitors", {}), 200)
      const change = { json: { name: "Eve" } }
      assert.strictEqual(yield* status("PATCH", "/api/v1/account", { "sec-fetch-site": "cross-site" }, change), 403)
      assert.strictEqual(yield* status("PATCH", "/api/v1/account", evil, change), 403)
      assert.strictEqual(yield* status("PATCH", "/api/v1/account", { origin: "null" }, change), 403)
      assert.strictEqual(yield* status("PATCH", "/api/v1/account", {}, change), 403, "nothing says where it is from")
      for (const headers of [own, { origin: "http://localhost:3000" }, { origin: "https://a.test", host: "a.test" }]) {
        assert.strictEqual(yield* status("PATCH", "/api/v1/account", headers, change), 200)
      }
    })
  )

  it.effect("stay signed in while they come back, a week at a time and 30 days at most", () =>
    Effect.gen(function* () {
      const { call, cookie, rows } = yield* claimed
      const age = (days: number) =>
        rows(`update auth.sessions set created_at = created_at - interval '${days} days',
                                       expires_at = expires_at - interval '${days} days'`)
      const ask = call("GET", "/api/v1/monitors", as(cookie))
      const left = Effect.map(
        rows<{ days: number }>(
          "select extract(epoch from expires_at - now())::float8 / 86400 as days from auth.sessions"
        ),
        ([row]) => row?.days ?? 0
      )
      yield* age(3)
      assert.deepStrictEqual((yield* ask).headers.getSetCookie(), [])
      assert.closeTo(yield* left, 4, 0.01)
      yield* age(1)
      const renewed = yield* ask
      assert.strictEqual(renewed.status, 200)
      assert.deepStrictEqual(cookieOf(renewed), cookie.split("; ", 1)[0])
      assert.closeTo(yield* left, 7, 0.01)
      for (let day = 4; day < 28; day += 6) {
        assert.strictEqual((yield* ask).status, 200, `day ${day}`)
        yield* age(6)
      }
      assert.strictEqual((yield* ask).status, 200, "day 28")
      assert.closeTo(yield* left, 2, 0.01)
      assert.deepStrictEqual((yield* ask).headers.getSetCookie(), [], "there is nothing to renew")
      yield* age(2.1)
      assert.strictEqual((yield* ask).status, 401)
    })
  )

  it.effect("are signed out after a week away", () =>
    Effect.gen(function* () {
      const { call, cookie, rows } = yield* claimed
      yield* rows("update auth.sessions set expires_at = now() - interval '1 second'")
      assert.strictEqual((yield* call("GET", "/api/v1/account", as(cookie))).status, 401)
    })
  )

  it.effect("see where they are signed in and end what they don't know", () =>
    Effect.gen(function* () {
      const { call, cookie, signIn } = yield* claimed
      const phone = cookieOf(
        yield* signIn(
          {},
          { headers: { "user-agent": "Phone", "x-forwarded-for": "203.0.113.9" }, address: "127.0.0.1" }
        )
      )
      const tablet = cookieOf(
        yield* signIn({}, { headers: { "x-forwarded-for": "203.0.113.9" }, address: "198.51.100.7" })
      )
      const list = Effect.map(call("GET", "/api/v1/account/sessions", as(cookie)), ({ json }) => json.items)
      const [newest, second] = yield* list
      assert.deepInclude(newest, { isCurrent: false, address: "198.51.100.7" }, "not a proxy that is trusted")
      assert.deepInclude(second, { isCurrent: false, address: "203.0.113.9", userAgent: "Phone" })
      assert.strictEqual((yield* call("DELETE", `/api/v1/account/sessions/${second.id}`, as(cookie))).status, 204)
      assert.strictEqual((yield* call("GET", "/api/v1/account", as(phone))).status, 401)
      assert.strictEqual((yield* call("DELETE", `/api/v1/account/sessions/${second.id}`, as(cookie))).status, 404)
      assert.strictEqual((yield* call("DELETE", "/api/v1/account/sessions", as(cookie))).status, 204)
      assert.strictEqual((yield* call("GET", "/api/v1/account", as(tablet))).status, 401)
      assert.strictEqual((yield* list).length, 1)
    })
  )

  it.effect("change their password, which ends all other sessions and the one that it was (CVE-2023-44400)", () =>
    Effect.gen(function* () {
      const { account, call, cookie, post, signIn } = yield* claimed
      const phone = cookieOf(yield* signIn())
      const change = (json: object) => post("account/password", json, cookie)
      const newPassword = "staple battery horse"
      for (const [json, path] of [
        [{ newPassword }, "currentPassword"],
        [{ currentPassword: "wrong", newPassword }, "currentPassword"],
        [{ currentPassword: password, newPassword: "short" }, "newPassword"],
        [{ currentPassword: password, newPassword: "Qwerty123456" }, "newPassword"],
        [{ currentPassword: password, newPassword: "OpenSeer-12345" }, "newPassword"],
        [{ currentPassword: password, newPassword: "ada@acme.example" }, "newPassword"]
      ] as const) {
        const refused = yield* change(json)
        assert.strictEqual(refused.status, 422, path)
        assert.deepStrictEqual(
          refused.json.errors.map((error: { path: string }) => error.path),
          [path]
        )
      }
      const changed = yield* change({ currentPassword: password, newPassword })
      assert.strictEqual(changed.status, 204, changed.text)
      assert.strictEqual((yield* account(phone)).status, 401)
      assert.strictEqual((yield* account(cookie)).status, 401)
      assert.strictEqual((yield* account(cookieOf(changed))).status, 200)
      assert.strictEqual((yield* signIn()).status, 401)
      const { headers } = yield* signIn({ password: newPassword })
      assert.strictEqual(headers.getSetCookie().length, 2)
      const out = cookieOf(changed)
      yield* call("POST", "/api/v1/auth/sign-out", as(out))
      assert.strictEqual((yield* account(out)).status, 401)
    })
  )

  it.effect("change their profile, but neither what they may do nor, without their password, their address", () =>
    Effect.gen(function* () {
      const { call, cookie } = yield* claimed
      const change = (json: object) => call("PATCH", "/api/v1/account", as(cookie, { json }))
      assert.strictEqual((yield* change({ name: "Ada L." })).json.name, "Ada L.")
      assert.strictEqual((yield* change({ email: "ada@other.example" })).status, 422)
      const moved = yield* change({ email: "ada@other.example", currentPassword: password })
      assert.strictEqual(moved.json.email, "ada@other.example")
      for (const json of [{ role: "owner" }, { id: "usr_1" }, { hasSecondFactor: false }, { scopes: ["admin"] }]) {
        assert.strictEqual((yield* change(json)).status, 422, "CVE-2026-31836")
      }
    })
  )

  it.effect("make organizations of their own where they may, and go from one to another", () =>
    Effect.gen(function* () {
      const { call, cookie, post, rows } = yield* claimed
      const made = yield* post("account/organizations", { name: "Second" }, cookie)
      assert.strictEqual(made.status, 201, made.text)
      assert.deepInclude(made.json.organization, { name: "Second", role: "owner" })
      const [acme, second] = made.json.organizations
      assert.deepStrictEqual((yield* call("GET", "/api/v1/monitors", as(cookie))).json.items, [])
      assert.strictEqual(
        (yield* post("account/organization", { organizationId: acme.id }, cookie)).json.organization.name,
        "Acme"
      )
      assert.strictEqual((yield* post("account/organization", { organizationId: "org_other" }, cookie)).status, 404)
      yield* rows("update auth.members set role = 'admin'")
      assert.strictEqual((yield* post("account/organizations", { name: "Third" }, cookie)).status, 403)
      yield* post("account/organization", { organizationId: second.id }, cookie)
      yield* rows(`delete from auth.members m using auth.organizations o
                    where o.organization_key = m.organization_key and o.organization_id = '${second.id}'`)
      const back = yield* call("GET", "/api/v1/organization", as(cookie))
      assert.strictEqual(back.json.id, acme.id, "another of theirs")
    })
  )
})
