/** A team: who is let in, by what, and what each may do. Each test goes on where the one before it ended. */
import { Effect, Exit, Scope } from "effect"
import type { Page } from "playwright-core"
import { afterAll, assert, describe, it } from "vitest"
import * as TestAuthenticator from "../../packages/server/src/testing/TestAuthenticator.ts"
import * as TestIdentityProvider from "../../packages/server/src/testing/TestIdentityProvider.ts"
import * as Browser from "./Browser.ts"
import { ada, api, claim, grace, heading, isLive, panel, sendPassword, signIn, watch } from "./Person.ts"
import * as Scene from "./Scene.ts"
import * as Stack from "./Stack.ts"

describe("a team", { timeout: 120_000 }, () => {
  const provider = Scope.makeUnsafe()
  afterAll(() => Effect.runPromise(Scope.close(provider, Exit.void)))
  let identities: Effect.Success<ReturnType<typeof TestIdentityProvider.start>>
  let monitor: string
  const scene = Scene.make({
    start: () =>
      Stack.start(async (url) => {
        identities = await Effect.runPromise(
          Scope.provide(TestIdentityProvider.start(`${url}/api/v1/auth/oidc/callback`), provider)
        )
        return {
          OPENSEER_OIDC_ISSUER: identities.issuer,
          OPENSEER_OIDC_CLIENT_ID: "openseer",
          OPENSEER_OIDC_CLIENT_SECRET: "a secret",
          OPENSEER_OIDC_NAME: "Our directory"
        }
      }),
    ready: async ({ page, stack }) => {
      await claim(page, stack.setupLink, ada)
      monitor = await watch(page, "Engine", stack.target.url)
    }
  })

  /** The link of an invitation, made on the page of members. */
  const invite = async (role: string, email: string): Promise<string> => {
    const { page } = scene
    await page.goto("/settings/members")
    await isLive(page)
    await page.getByRole("radio", { name: role }).check()
    await page.getByLabel("Email (optional)").fill(email)
    await page.getByRole("button", { name: "Create invitation" }).click()
    const link = page.getByRole("textbox", { name: "Invitation link" })
    await link.waitFor()
    await page.getByRole("table", { name: "Open invitations" }).getByText(email).waitFor()
    await Browser.assertAccessible(page)
    return link.inputValue()
  }

  let graces: Page

  it("invites a viewer, who makes an account by the link, sees everything and changes nothing", async () => {
    const { browser } = scene
    const link = await invite("Viewer", grace.email)
    graces = await browser.visit()
    await graces.goto(link)
    await heading(graces, "Join Analytical Engines")
    await graces.getByLabel("Your name").fill(grace.name)
    await graces.getByLabel("Password", { exact: true }).fill(grace.password)
    await graces.getByRole("button", { name: "Make the account and join" }).click()
    await isLive(graces)
    await graces.goto(`/monitors/${monitor}`)
    await graces.getByText("Up", { exact: true }).first().waitFor()
    assert.strictEqual(await graces.getByRole("button", { name: "Pause" }).count(), 0)
    assert.strictEqual(await graces.getByRole("link", { name: "Edit" }).count(), 0)
    for (const path of ["/monitors/new", `/monitors/${monitor}/edit`]) {
      await graces.goto(path)
      await heading(graces, "You can look, and not change")
    }
    for (const path of ["/settings/api-keys", "/settings/audit-log"]) {
      await graces.goto(path)
      await graces.getByText("You are viewer here; ask one of them.").waitFor()
    }
    const refused = await api(graces, "POST", `/monitors/${monitor}/pause`).catch(String)
    assert.match(String(refused), /403/)
    assert.deepStrictEqual(Browser.except(browser.problems(), 403), [])

    const late = await browser.visit()
    await late.goto(link)
    await heading(late, "This invitation is not valid")
    assert.lengthOf(Browser.except(browser.problems(), 404, 410), 0)
    await late.context().close()
  })

  it("makes the viewer an editor, who changes monitors from then on", async () => {
    const { page } = scene
    await page.goto("/settings/members")
    await isLive(page)
    await page.getByRole("button", { name: "Change the role of Grace" }).click()
    const dialog = page.getByRole("dialog", { name: "Grace is a viewer" })
    await dialog.getByRole("radio", { name: "Editor" }).check()
    await Browser.assertAccessible(page)
    await dialog.getByRole("button", { name: "Change role" }).click()
    await page.getByText("Role changed").waitFor()
    await page.getByRole("cell", { name: "Editor", exact: true }).waitFor()
    await page.getByText("Last owner: make another one first").waitFor()

    await graces.goto(`/monitors/${monitor}`)
    await isLive(graces)
    await graces.getByRole("button", { name: "Pause" }).click()
    await graces.getByText("Paused", { exact: true }).first().waitFor()
    await graces.getByRole("button", { name: "Resume" }).click()
    await graces.getByText("Up", { exact: true }).first().waitFor()
  })

  it("signs in without JavaScript, is told what was wrong, and reads charts as tables", async () => {
    const { browser, stack } = scene
    const plain = await browser.visit({ javaScriptEnabled: false })
    await plain.goto("/")
    await heading(plain, "Sign in")
    await sendPassword(plain, grace, "not her password at all")
    await plain.getByRole("alert").waitFor()
    assert.strictEqual(await plain.getByLabel("Email").inputValue(), grace.email)
    assert.strictEqual(await plain.getByLabel("Password", { exact: true }).inputValue(), "")
    assert.deepStrictEqual(Browser.except(browser.problems(), 401, 422), [])
    await plain.getByLabel("Password", { exact: true }).fill(grace.password)
    await plain.getByRole("button", { name: "Sign in", exact: true }).click()
    await plain.getByRole("link", { name: "Monitors" }).first().waitFor()
    await plain.getByText(stack.target.url).first().waitFor()

    await plain.goto(`/monitors/${monitor}?range=1h`)
    await plain.getByText("which is off").waitFor()
    assert.isFalse(await plain.getByRole("heading", { name: "Latency" }).isVisible())
    await plain.getByRole("link", { name: "Show them as tables" }).click()
    await heading(plain, "Latency")
    assert.include(plain.url(), "range=1h")
    assert.match(await plain.getByRole("region", { name: /since it was created|last hour/i }).innerText(), /\d ms/)
    const latency = panel(plain, "Latency").getByRole("region", { name: "Values as a table" })
    assert.match(await latency.innerText(), /\d ms/)
    assert.match(await plain.getByRole("region", { name: "Regions in numbers" }).innerText(), /global/)
    assert.isFalse(await plain.getByText("which is off").isVisible())
    await plain.context().close()

    await graces.goto(`/monitors/${monitor}?view=tables`)
    await graces.getByRole("button", { name: "Show as chart" }).first().waitFor()
    await graces.getByRole("link", { name: "Show the charts" }).click()
    await graces.getByRole("button", { name: "Show as table" }).first().waitFor()
  })

  it("ends a session elsewhere, whose page is signed out", async () => {
    const { browser } = scene
    const second = await browser.visit()
    await signIn(second, grace)
    await second.goto("/settings/security")
    await isLive(second)
    await second
      .getByRole("button", { name: /^End the session of/ })
      .first()
      .click()
    await second.getByText("The session has ended").waitFor()
    await second.getByRole("button", { name: "End all other sessions" }).click()
    await Browser.assertAccessible(second)
    await second.getByRole("dialog").getByRole("button", { name: "End them" }).click()
    await second.getByText("All other sessions have ended").waitFor()
    await second.getByRole("button", { name: "End all other sessions" }).waitFor({ state: "detached" })
    assert.strictEqual(await second.getByRole("button", { name: /^End the session of/ }).count(), 0)
    await heading(graces, "Sign in")
    await graces.context().close()
    assert.deepStrictEqual(Browser.except(browser.problems(), 401), [])
    graces = second
  })

  it("asks for a second factor from its setup on, takes each code once, and a recovery code when the app is lost", async () => {
    const { browser } = scene
    await graces.goto("/settings/security")
    await isLive(graces)
    const factor = panel(graces, "Second factor")
    await factor.getByLabel("Current password").fill(grace.password)
    await factor.getByRole("button", { name: "Set up" }).click()
    await factor.getByRole("img", { name: "QR for your authenticator app" }).waitFor()
    await Browser.assertAccessible(graces)
    const nextCode = TestAuthenticator.make((await factor.locator("code").textContent())!)
    await factor.getByLabel("Code").fill("000000")
    await factor.getByRole("button", { name: "Turn on" }).click()
    await factor.getByText(/is not the code/).waitFor()
    assert.deepStrictEqual(Browser.except(browser.problems(), 422), [])
    const first = nextCode()
    await factor.getByLabel("Code").fill(first)
    await factor.getByRole("button", { name: "Turn on" }).click()
    await heading(graces, "Recovery codes")
    const [recovery, another] = (await factor.getByRole("listitem").allTextContents()) as [string, string]
    await Browser.assertAccessible(graces)

    const other = await browser.visit()
    await other.goto("/sign-in")
    await sendPassword(other, grace, grace.password)
    await heading(other, "Second factor")
    await other.getByLabel("Code").fill(first)
    await other.getByRole("button", { name: "Sign in" }).click()
    await other.getByRole("alert").waitFor()
    assert.deepStrictEqual(Browser.except(browser.problems(), 401, 422), [])
    await other.getByLabel("Code").fill(nextCode())
    await other.getByRole("button", { name: "Sign in" }).click()
    await isLive(other)

    await other.context().clearCookies()
    await other.goto("/sign-in")
    await sendPassword(other, grace, grace.password)
    await other.getByRole("link", { name: "Use a recovery code" }).click()
    await heading(other, "Use a recovery code")
    await Browser.assertAccessible(other)
    await other.getByLabel("Recovery code").fill(recovery)
    await other.getByRole("button", { name: "Sign in" }).click()
    await isLive(other)
    await other.goto("/settings/security")
    await other.getByText("9 recovery codes left").waitFor()
    await isLive(other)
    const renewal = panel(other, "Second factor")
    await renewal.getByText("Make new recovery codes").click()
    await renewal.getByLabel("Current password").fill(grace.password)
    await renewal.getByLabel("Code of your authenticator app").fill(another)
    await renewal.getByRole("button", { name: "Make new codes" }).click()
    await renewal.getByText("10 recovery codes left").waitFor()
    assert.notInclude(await renewal.getByRole("listitem").allTextContents(), another)
    await other.context().close()
  })

  it("lets somebody in whom the identity provider knows and who was invited", async () => {
    const { browser } = scene
    identities.become({ sub: "42", email: "linus@example.com", email_verified: true, name: "Linus" })
    const link = await invite("Admin", "linus@example.com")
    const linus = await browser.visit()
    await linus.goto(link)
    await linus.getByRole("link", { name: "Continue with Our directory" }).click()
    await isLive(linus)
    await linus.goto("/settings/audit-log")
    await linus.getByRole("table", { name: "Audit log" }).getByText("Linus").first().waitFor()

    const again = await browser.visit()
    await again.goto("/sign-in")
    await again.getByRole("link", { name: "Sign in with Our directory" }).click()
    await isLive(again)
    await again.context().close()

    identities.become({ sub: "66", email: "mallory@example.com", email_verified: true, name: "Mallory" })
    const mallory = await browser.visit()
    await mallory.goto("/sign-in")
    await mallory.getByRole("link", { name: "Sign in with Our directory" }).click()
    await heading(mallory, "Sign in")
    await mallory.getByRole("alert").waitFor()
    await Browser.assertAccessible(mallory)
    await mallory.context().close()
    await linus.context().close()
  })

  it("is told of what no field shows, led to what is folded away, and keeps what was typed", async () => {
    const { page } = scene
    await page.goto("/settings/api-keys")
    await isLive(page)
    const form = page.locator('form[data-form="create-api-key"]')
    await form.getByLabel("Name").fill("Deployments")
    // As of a page that is older than the server.
    await form
      .locator("option")
      .first()
      .evaluate((option: HTMLOptionElement) => (option.value = "soon"))
    await form.getByLabel("Valid for").selectOption("soon")
    await form.getByRole("button", { name: "Create key" }).click()
    await form.getByRole("alert").getByText("expiresInMs").waitFor()
    await form.locator("[data-problem]:focus").waitFor()
    // As without JavaScript, and before it is there: the page is written from the top, and comes to life as it is.
    await form.evaluate((element: HTMLFormElement) => {
      element.querySelector<HTMLInputElement>("[name=name]")!.value = ""
      element.submit()
    })
    await form.getByRole("alert").getByText("name", { exact: true }).waitFor()
    assert.match(await form.getByRole("alert").innerText(), /^name .*\nexpiresInMs /m)
    await isLive(page)

    await page.route(page.url(), (route) => route.fulfill({ body: "the page of a proxy" }))
    await form.getByLabel("Name").fill("Deployments of today")
    await form.getByRole("button", { name: "Create key" }).click()
    await form.getByRole("alert").getByText("Nothing was sent").waitFor()
    assert.strictEqual(await form.getByLabel("Name").inputValue(), "Deployments of today")
    await page.unroute(page.url())
    assert.deepStrictEqual(Browser.except(scene.browser.problems(), 422), [])

    await page.goto("/monitors/new?kind=http")
    await isLive(page)
    await page.getByRole("textbox", { name: "URL", exact: true }).fill("localhost:8443")
    const folded = page.locator('[name="spec.phaseTimeoutsMs.ttfb"]')
    await folded.evaluate((input: HTMLInputElement) => (input.value = "soon"))
    assert.isFalse(await folded.isVisible())
    await page.getByRole("button", { name: "Create monitor" }).click()
    await folded.and(page.locator(":focus")).waitFor()
  })

  it("makes an API key, which is shown once, works, and is refused from its revocation on", async () => {
    const { page, stack } = scene
    await page.goto("/settings/api-keys")
    await isLive(page)
    await page.getByLabel("Name").fill("Deployments")
    await page.getByRole("radio", { name: /^Read, and create/ }).check()
    await page.keyboard.press("?")
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByRole("button", { name: "Close" }).click()
    await page.getByRole("button", { name: "Create key" }).click()
    const secret = page.getByRole("textbox", { name: "API key Deployments" })
    await secret.waitFor()
    await Browser.assertAccessible(page)
    const headers = { authorization: `Bearer ${await secret.inputValue()}` }
    const ask = (path: string, method = "GET") => fetch(`${stack.url}/api/v1${path}`, { method, headers })
    assert.strictEqual((await ask("/monitors")).status, 200)
    assert.strictEqual((await ask(`/monitors/${monitor}/pause`, "POST")).status, 200)
    assert.strictEqual((await ask("/api-keys")).status, 403)

    await page.reload()
    await isLive(page)
    assert.strictEqual(await secret.count(), 0)
    const row = page.getByRole("row", { name: /Deployments/ })
    await row.getByText("Read and write").waitFor()
    // The address of the question, as it is without JavaScript.
    await page.goto(`/settings/api-keys?confirm=${await row.locator("[name=confirm]").inputValue()}`)
    await isLive(page)
    await page
      .getByRole("dialog", { name: "Revoke Deployments?" })
      .getByRole("button", { name: /^Revoke/ })
      .click()
    await row.getByText(/^Revoked/).waitFor()
    assert.strictEqual((await ask("/monitors")).status, 401)
  })

  it("removes a member, who sees nothing from the next request on", async () => {
    const { page } = scene
    await page.goto("/settings/members")
    await isLive(page)
    await page.getByRole("button", { name: "Remove Grace" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click()
    await page.getByRole("row", { name: /Grace/ }).waitFor({ state: "detached" })
    const refused = await api(graces, "GET", `/monitors/${monitor}`).catch(String)
    assert.match(String(refused), /40[134]/)
    assert.deepStrictEqual(Browser.except(scene.browser.problems(), 401, 403, 404), [])
    await page.goto("/settings/audit-log")
    await page.getByRole("table", { name: "Audit log" }).getByText("Grace").first().waitFor()
  })
})
