import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { oidcCallbackPath } from "../accounts/OidcSignIn.ts"
import { type OidcProvider, Site, type SiteSettings } from "../accounts/Site.ts"
import { TestApi } from "../testing/TestApi.ts"
import * as TestIdentityProvider from "../testing/TestIdentityProvider.ts"
import { as, claimed, cookieOf, password } from "../testing/TestPeople.ts"

const publicUrl = "http://localhost:3000"
const redirectUri = `${publicUrl}${oidcCallbackPath}`

class Idp extends Context.Service<Idp, Effect.Success<ReturnType<typeof TestIdentityProvider.start>>>()(
  "@openseer/server/test/Idp"
) {}

const withProvider = (site: Omit<SiteSettings, "insecureCookies" | "oidc">, more: Partial<OidcProvider> = {}) =>
  TestApi.layer.pipe(
    Layer.provide(
      Layer.effect(
        Site,
        Idp.useSync(({ issuer }) => ({
          ...site,
          insecureCookies: false,
          oidc: { issuer, clientId: "openseer", clientSecret: Redacted.make("a secret"), name: "Acme ID", ...more }
        }))
      )
    ),
    Layer.provideMerge(Layer.effect(Idp, TestIdentityProvider.start(redirectUri)))
  )

const set = (name: string, value: string) => (url: URL) => {
  url.searchParams.set(name, value)
  return url
}

/** Signs in by the provider as a browser does; `change` may meddle with the address on the way there or back. */
const journey = Effect.gen(function* () {
  const people = yield* claimed
  const { call } = people
  const { become } = yield* Idp
  const ada = { sub: "1", email: "ada@acme.example", email_verified: true, name: "Ada" }
  const go = Effect.fnUntraced(function* (
    person: Partial<TestIdentityProvider.TestIdentity>,
    {
      back = (url: URL) => url,
      address,
      cookie = (text: string) => text,
      query = "",
      there = (url: URL) => url
    }: {
      readonly query?: string
      readonly address?: string
      readonly there?: (url: URL) => URL
      readonly back?: (url: URL) => URL
      readonly cookie?: (text: string) => string
    } = {}
  ) {
    become({ ...ada, ...person })
    const start = yield* call("GET", `/api/v1/auth/oidc/start${query}`)
    assert.strictEqual(start.status, 302, start.text)
    const returned = yield* Effect.promise(() =>
      TestIdentityProvider.visit(there(new URL(start.headers.get("location")!)).href, redirectUri)
    )
    const url = back(returned)
    const kept = cookie(cookieOf(start))
    // A browser comes from another site here, with the cookie that is for such visits.
    const answer = yield* call("GET", `${url.pathname}${url.search}`, {
      ...(address === undefined ? {} : { address }),
      headers: {
        "sec-fetch-site": "cross-site",
        "sec-fetch-dest": "document",
        ...(kept === "" ? {} : { cookie: kept })
      }
    })
    assert.strictEqual(answer.status, 302, answer.text)
    return { answer, start, to: answer.headers.get("location")!.slice(publicUrl.length), cookie: cookieOf(answer) }
  })
  /** An account with a password, made by an invitation for the address that somebody else waits for to come. */
  const squatted = Effect.fnUntraced(function* (email: string) {
    const { json } = yield* people.post("invitations", { role: "editor", email }, people.cookie)
    const made = { name: "Mallory", email, password, invitation: json.token }
    const mallory = yield* people.post("auth/sign-up", made)
    assert.strictEqual(mallory.status, 200, mallory.text)
    return cookieOf(mallory)
  })
  return { ...people, go, squatted }
})

layer(withProvider({ registration: "invitation" }), { excludeTestServices: true })("the identity provider", (it) => {
  it.effect("signs in whoever has an account with the address that it has verified, and then by their identity", () =>
    Effect.gen(function* () {
      const { account, call, go, rows, signIn } = yield* journey
      const { json } = yield* call("GET", "/api/v1/auth/options")
      assert.deepStrictEqual(json.oidc, { name: "Acme ID", path: "/api/v1/auth/oidc/start" })
      const first = yield* go({}, { query: "?next=/monitors/mon_1?tab=log" })
      assert.strictEqual(first.to, "/monitors/mon_1?tab=log")
      const url = new URL(first.start.headers.get("location")!)
      assert.deepInclude(Object.fromEntries(url.searchParams), {
        response_type: "code",
        code_challenge_method: "S256",
        redirect_uri: redirectUri
      })
      assert.match(
        first.start.headers.getSetCookie()[0]!,
        /^__Host-openseer-oidc=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/
      )
      assert.include(first.answer.headers.getSetCookie().join(), "__Host-openseer-oidc=; Max-Age=0")
      assert.deepInclude((yield* account(first.cookie)).json, { name: "Ada", hasPassword: true })
      assert.strictEqual((yield* signIn()).status, 200, "the password goes on working")
      const moved = yield* go({ email: "ada@new.example", email_verified: false })
      assert.strictEqual(moved.to, "/")
      assert.strictEqual((yield* account(moved.cookie)).json.email, "Ada@acme.example", "it is the same person")
      assert.lengthOf(yield* rows("select from auth.identities"), 1)
    })
  )

  it.effect("does not sign in by an address that it has not verified, and makes no account uninvited", () =>
    Effect.gen(function* () {
      const { account, call, cookie, go, post, rows } = yield* journey
      assert.strictEqual((yield* go({ email_verified: false })).to, "/sign-in?error=email_unverified")
      const eve = { sub: "2", email: "eve@a.example", name: "Eve" }
      assert.strictEqual((yield* go(eve)).to, "/sign-in?error=no_account")
      assert.strictEqual((yield* go({ sub: "3", email: "no address" })).to, "/sign-in?error=email_missing")
      assert.lengthOf(yield* rows("select from auth.users"), 1)
      const { json } = yield* post("invitations", { role: "editor" }, cookie)
      const invited = yield* go(eve, { query: `?invitation=${json.token}` })
      assert.strictEqual(invited.to, "/")
      const made = (yield* account(invited.cookie)).json
      assert.deepInclude(made, { name: "Eve", email: "eve@a.example", hasPassword: false, scopes: ["write"] })
      const again = yield* go({ sub: "4", email: "mia@a.example" }, { query: `?invitation=${json.token}` })
      assert.strictEqual(again.to, "/sign-in?error=invitation_invalid")
      assert.lengthOf(yield* rows("select from auth.users"), 2)
      yield* rows("update auth.sessions set created_at = created_at - interval '11 minutes'")
      for (const [method, path, change] of [
        ["POST", "password", { newPassword: "a first password" }],
        ["PATCH", "", { email: "mia@a.example" }],
        ["POST", "second-factor", {}]
      ] as const) {
        const late = yield* call(
          method,
          `/api/v1/account/${path}`.replace(/\/$/, ""),
          as(invited.cookie, { json: change })
        )
        assert.strictEqual(late.json.type, "urn:openseer:problem:session-too-old", path)
      }
      const fresh = (yield* go(eve)).cookie
      const own = yield* post("account/password", { newPassword: "a first password" }, fresh)
      assert.strictEqual(own.status, 204, "whoever has none may set one")
    })
  )

  it.effect("is not believed when the answer is of another sign-in, another browser or another provider", () =>
    Effect.gen(function* () {
      const { go, rows } = yield* journey
      assert.strictEqual((yield* go({}, { there: set("nonce", "of another") })).to, "/sign-in?error=failed")
      assert.strictEqual((yield* go({}, { back: set("state", "of another") })).to, "/sign-in?error=expired")
      assert.strictEqual((yield* go({}, { back: set("code", "of another") })).to, "/sign-in?error=failed")
      assert.strictEqual((yield* go({}, { back: set("iss", "https://evil.example") })).to, "/sign-in?error=failed")
      assert.strictEqual((yield* go({}, { cookie: () => "" })).to, "/sign-in?error=expired")
      const other = (yield* go({})).start
      assert.strictEqual((yield* go({}, { cookie: () => cookieOf(other) })).to, "/sign-in?error=expired")
      const denied = (url: URL) => {
        url.searchParams.delete("code")
        return set("error", "access_denied")(url)
      }
      assert.strictEqual((yield* go({}, { back: denied })).to, "/sign-in?error=access_denied")
      assert.lengthOf(yield* rows("select from auth.sessions"), 2, "of the setup, and of the one that was right")
      for (const next of ["//evil.example", "/\\evil.example", "https://evil.example", "evil"]) {
        assert.strictEqual((yield* go({}, { query: `?next=${encodeURIComponent(next)}` })).to, "/", next)
      }
    })
  )

  it.effect(
    "gives an account whose address nobody proved to whom it belongs, and ends all that let anybody else in",
    () =>
      Effect.gen(function* () {
        const { account, call, go, rows, squatted } = yield* journey
        const squatter = yield* squatted("eve@a.example")
        const device = squatter.split("; ").find((text) => text.includes("-device="))!
        yield* rows(`update auth.users set totp_secret = 'v1.x', totp_confirmed_at = now() where name = 'Mallory'`)
        yield* rows(
          "insert into auth.recovery_codes select user_key, sha256('x') from auth.users where name = 'Mallory'"
        )
        yield* rows(
          "insert into auth.identities select 'https://other.example', '9', user_key from auth.users where name = 'Mallory'"
        )
        const signIn = (more = {}) =>
          call("POST", "/api/v1/auth/sign-in", { json: { email: "eve@a.example", password }, ...more })
        const waiting = cookieOf(yield* signIn())
        assert.match(waiting, /-pending=/)
        const from = (yield* rows("select from auth.audit_log")).length
        const eve = yield* go({ sub: "2", email: "Eve@a.example", name: "Eve" }, { address: "192.0.2.1" })
        assert.strictEqual(eve.to, "/")
        assert.deepInclude((yield* account(eve.cookie)).json, {
          email: "eve@a.example",
          hasPassword: false,
          hasSecondFactor: false,
          recoveryCodesLeft: 0
        })
        assert.strictEqual((yield* account(squatter)).status, 401)
        assert.strictEqual((yield* signIn({ headers: { cookie: device } })).status, 401)
        const late = yield* call("POST", "/api/v1/auth/second-factor", as(waiting, { json: { code: "x" } }))
        assert.strictEqual(late.status, 401)
        const issuers = yield* rows<{ subject: string }>("select subject from auth.identities")
        assert.deepStrictEqual(issuers, [{ subject: "2" }])
        const log = yield* rows<{
          action: string
          address: string | null
          linked: boolean | null
          proven: boolean | null
        }>(`
        select action, actor_address as address, (detail->>'linked')::boolean as linked,
               (detail->>'addressWasProven')::boolean as proven
          from auth.audit_log order by audit_id offset ${from}`)
        const by = { address: "192.0.2.1", linked: null, proven: null }
        assert.deepStrictEqual(
          log.filter(({ action }) => action.startsWith("account.")),
          [
            { ...by, action: "account.identity", linked: false },
            { ...by, action: "account.identity", linked: true, proven: false },
            { ...by, action: "account.password" },
            { ...by, action: "account.second_factor" }
          ]
        )
        const own = yield* call(
          "POST",
          "/api/v1/account/password",
          as(eve.cookie, { json: { newPassword: `${password}!` } })
        )
        assert.strictEqual(own.status, 204, own.text)
        yield* go({ sub: "2", email: "eve@a.example" })
        assert.strictEqual((yield* signIn({ json: { email: "eve@a.example", password: `${password}!` } })).status, 200)
      })
  )

  it.effect("does not believe an address that an account was changed to, however well it knew the one before", () =>
    Effect.gen(function* () {
      const { account, call, cookie, go, rows, signIn } = yield* journey
      const change = (email: string) =>
        call("PATCH", "/api/v1/account", as(cookie, { json: { email, currentPassword: password } }))
      assert.strictEqual((yield* change("ADA@acme.example")).status, 200)
      const proven = rows<{ proven: boolean }>("select email_proven_at is not null as proven from auth.users")
      assert.deepStrictEqual(yield* proven, [{ proven: true }], "it is the same address")
      assert.strictEqual((yield* change("eve@a.example")).status, 200)
      assert.deepStrictEqual(yield* proven, [{ proven: false }])
      const eve = yield* go({ sub: "2", email: "eve@a.example" })
      assert.strictEqual((yield* account(eve.cookie)).json.hasPassword, false)
      assert.strictEqual((yield* account(cookie)).status, 401)
      assert.strictEqual((yield* signIn({ email: "eve@a.example" })).status, 401)
      assert.deepStrictEqual(yield* proven, [{ proven: true }])
    })
  )

  it.effect("lets nobody else into an account that it knows, who was given its address", () =>
    Effect.gen(function* () {
      const { account, go, rows } = yield* journey
      const ada = yield* go({})
      const successor = yield* go({ sub: "7" })
      assert.strictEqual(successor.to, "/sign-in?error=other_identity")
      assert.strictEqual(successor.cookie, "")
      yield* rows("update auth.users set email_proven_at = null")
      assert.strictEqual((yield* go({ sub: "7" })).to, "/sign-in?error=other_identity")
      assert.strictEqual((yield* account(ada.cookie)).json.hasPassword, true)
      assert.deepStrictEqual(yield* rows("select subject from auth.identities"), [{ subject: "1" }])
      yield* go({})
      const [known] = yield* rows<{ proven: boolean }>("select email_proven_at is not null as proven from auth.users")
      assert.isTrue(known?.proven, "the provider says that it is theirs")
    })
  )

  it.effect("counts no answer that this browser did not ask for, and none where somebody signed in", () =>
    Effect.gen(function* () {
      const { call, go, rows, signIn } = yield* journey
      const address = "203.0.113.1"
      for (const dest of ["image", "document"]) {
        const forged = yield* call("GET", `${oidcCallbackPath}?state=x&code=x`, {
          address,
          headers: { "sec-fetch-site": "cross-site", "sec-fetch-dest": dest }
        })
        assert.strictEqual(forged.status, dest === "image" ? 403 : 302)
      }
      yield* go({}, { address, back: set("state", "of another") })
      yield* go({}, { address })
      assert.lengthOf(yield* rows("select from auth.attempts where failures > 0"), 0)
      const eve = { sub: "2", email: "eve@a.example" }
      yield* go(eve, { address })
      assert.deepStrictEqual(yield* rows("select failures from auth.attempts where failures > 0"), [{ failures: 1 }])
      yield* rows("update auth.attempts set failures = 50")
      assert.strictEqual((yield* go({}, { address })).to, "/sign-in?error=too_many_attempts")
      const device = cookieOf(yield* signIn())
        .split("; ")
        .find((text) => text.includes("-device="))!
      assert.strictEqual((yield* go({}, { address, cookie: (text) => `${text}; ${device}` })).to, "/")
    })
  )

  it.effect("takes nobody who has an account into an organization that they did not agree to join", () =>
    Effect.gen(function* () {
      const { account, cookie, go, post, rows } = yield* journey
      const [trap] = yield* rows<{ key: number }>(
        "insert into auth.organizations (organization_id, name) values ('org_trap', 'Trap') returning organization_key as key"
      )
      const { json } = yield* post("invitations", { role: "viewer" }, cookie)
      yield* rows(`update auth.invitations set organization_key = ${trap!.key} where invitation_id = '${json.id}'`)
      const ada = yield* go({}, { query: `?invitation=${json.token}&next=/workers` })
      assert.strictEqual(ada.to, `/invite?token=${json.token}`)
      assert.lengthOf((yield* account(ada.cookie)).json.organizations, 1)
      const agreed = yield* post("account/invitations", { token: json.token }, ada.cookie)
      assert.strictEqual(agreed.json.organization.name, "Trap")
    })
  )

  it.effect("is no way around the second factor", () =>
    Effect.gen(function* () {
      const { account, go, rows } = yield* journey
      yield* rows("update auth.users set totp_secret = 'v1.x', totp_confirmed_at = now()")
      const waiting = yield* go({}, { query: "?next=/workers" })
      assert.strictEqual(waiting.to, "/second-factor?next=%2Fworkers")
      assert.match(waiting.cookie, /^__Host-openseer-pending=/)
      assert.strictEqual((yield* account(waiting.cookie)).status, 401)
    })
  )
})

layer(withProvider({ registration: "open" }), { excludeTestServices: true })(
  "with registration open, the provider",
  (it) => {
    it.effect("gives an account to whom the address belongs, whoever made it before", () =>
      Effect.gen(function* () {
        const { account, call, go, post } = yield* journey
        const squatter = cookieOf(
          yield* post("auth/sign-up", { name: "Mallory", email: "eve@a.example", password, organizationName: "Trap" })
        )
        const eve = yield* go({ sub: "2", email: "Eve@a.example", name: "Eve" })
        assert.strictEqual((yield* account(eve.cookie)).json.hasPassword, false)
        assert.strictEqual((yield* account(squatter)).status, 401)
        const refused = yield* call("POST", "/api/v1/auth/sign-in", { json: { email: "eve@a.example", password } })
        assert.strictEqual(refused.status, 401)
        const mia = yield* go({ sub: "3", email: "mia@a.example", name: "Mia" })
        assert.deepInclude((yield* account(mia.cookie)).json.organization, { name: "Mia", role: "owner" })
      })
    )
  }
)

layer(withProvider({ registration: "closed" }, { joinRole: "viewer" }), { excludeTestServices: true })(
  "with a role to join as",
  (it) => {
    it.effect("makes members of the instance's organization of whomever it lets in", () =>
      Effect.gen(function* () {
        const { account, call, go } = yield* journey
        const eve = yield* go({ sub: "2", email: "eve@a.example" })
        assert.deepInclude((yield* account(eve.cookie)).json.organization, { name: "Acme", role: "viewer" })
        assert.strictEqual((yield* call("POST", "/api/v1/monitors", as(eve.cookie, { json: {} }))).status, 403)
      })
    )
  }
)
