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
      cookie = (text: string) => text,
      query = "",
      there = (url: URL) => url
    }: {
      readonly query?: string
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
      headers: {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        ...(kept === "" ? {} : { cookie: kept })
      }
    })
    assert.strictEqual(answer.status, 302, answer.text)
    return { answer, start, to: answer.headers.get("location")!.slice(publicUrl.length), cookie: cookieOf(answer) }
  })
  return { ...people, go }
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
      const { account, cookie, go, post, rows } = yield* journey
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
      const own = yield* post("account/password", { newPassword: "a first password" }, invited.cookie)
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
