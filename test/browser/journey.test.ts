/**
 * What people do with OpenSeer, in a real browser and against all of it: one instance, from its setup link on. Each test
 * goes on where the one before it ended.
 */
import type { Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as Browser from "./Browser.ts"
import * as Stack from "./Stack.ts"

const ada = { name: "Ada", email: "ada@example.com", password: "a long sentence of Ada's 1815" }
const grace = { name: "Grace", email: "grace@example.com", password: "a long sentence of Grace's 1906" }
const hostile = `<img src=x onerror="globalThis.hurt=1"></script><script>globalThis.hurt=1</script>`

describe("a team", { timeout: 120_000 }, () => {
  let stack: Stack.Stack
  let browser: Browser.TestBrowser
  let page: Page
  let graces: Page
  let monitor: string

  beforeAll(async () => {
    stack = await Stack.start()
    browser = await Browser.launch(stack.url)
    page = await browser.visit()
  }, 180_000)

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await stack?.[Symbol.asyncDispose]()
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") {
      console.log(`${page.url()} shows:\n${await page.locator("body").ariaSnapshot({ timeout: 1_000 })}`)
    }
    assert.deepStrictEqual(browser.problems(), [])
  })

  const heading = (name: string | RegExp, of = page) => of.getByRole("heading", { name }).first().waitFor()

  const isLive = (of = page) => of.getByRole("status").getByText("Live", { exact: true }).waitFor()

  /** Calls the API as the page may, with its session. */
  const api = (method: string, path: string, body?: unknown, of = page): Promise<{ readonly [name: string]: string }> =>
    of.evaluate(
      async ([how, where, json]) => {
        const headers = { "content-type": "application/json" }
        const response = await fetch(`/api/v1${where}`, { method: how!, headers, ...(json ? { body: json } : {}) })
        if (!response.ok) throw new Error(`${how} ${where}: ${response.status} ${await response.text()}`)
        return response.status === 204 ? {} : await response.json()
      },
      [method, path, body === undefined ? "" : JSON.stringify(body)]
    )

  it("is led to the setup link, which makes the first person the owner, once", async () => {
    await page.goto("/")
    await heading("This instance is new")
    await Browser.assertAccessible(page)
    await page.goto(stack.setupLink)
    await heading("Set up OpenSeer")
    await Browser.assertAccessible(page)
    await page.getByLabel("Organization").fill("Analytical Engines")
    await page.getByLabel("Your name").fill(ada.name)
    await page.getByLabel("Email").fill(ada.email)
    await page.getByLabel("Password", { exact: true }).fill("password1234")
    await page.getByRole("button", { name: "Create the organization" }).click()
    await page.locator("[aria-invalid=true]").waitFor()
    await Browser.assertAccessible(page)
    assert.deepStrictEqual(Browser.except(browser.problems(), 422), [])
    await page.getByLabel("Password", { exact: true }).fill(ada.password)
    await page.getByRole("button", { name: "Create the organization" }).click()
    await heading("What should we watch?")

    const other = await browser.visit()
    await other.goto(stack.setupLink)
    await heading("This instance has an owner", other)
    await other.context().close()
  })

  it("checks a URL before anything is saved, watches it, and sees it up", async () => {
    await isLive()
    await page.getByText("from local").waitFor()
    await Browser.assertAccessible(page)
    await page.getByLabel("URL or host").fill(stack.target.url)
    await page.getByRole("button", { name: "Check it now" }).click()
    const results = page.getByRole("region", { name: "Results of the check" })
    // A worker on a busy machine says of itself that it could not measure.
    for (let tries = 1; ; tries++) {
      await results.getByRole("status").getByText("just now").waitFor()
      if ((await results.getByText(/status 200/).count()) > 0 || tries === 5) break
      await page.getByRole("button", { name: "Check again" }).click()
    }
    await results
      .getByText(/status 200/)
      .first()
      .waitFor()
    await Browser.assertAccessible(page)
    await page.getByRole("button", { name: "Watch it" }).click()
    await page.waitForURL(/\/monitors\/mon_/)
    monitor = /mon_\w+/.exec(page.url())![0]
    await api("PATCH", `/monitors/${monitor}`, { intervalMs: 1_000, timeoutMs: 800 })
    await page.getByText("Up", { exact: true }).first().waitFor()
    await Browser.assertAccessible(page)
  })

  it("sees it go down while looking at it, why, and that it is well again", async () => {
    const list = await page.context().newPage()
    await list.goto("/")
    await heading(/1 up|is up|are up/, list)
    await isLive(list)
    stack.target.answer(503)
    const state = page.getByRole("region", { name: "State" })
    await state.getByText(/^Down/).waitFor()
    await list.getByRole("region", { name: "Wrong now" }).getByRole("link").first().waitFor()
    await Browser.assertAccessible(list)
    await Browser.assertAccessible(page)

    await state.getByRole("link", { name: "See the failed check" }).click()
    await page.getByText("Beginning of the body").waitFor()
    await page.getByText("<b>nothing</b> is well").waitFor()
    await page.getByRole("figure").first().waitFor()
    await Browser.assertAccessible(page)

    stack.target.answer(200)
    await list.getByRole("region", { name: "Wrong now" }).waitFor({ state: "detached" })
    await list.close()
  })

  it("looks closer at a chart by dragging, by keys, and as a table", async () => {
    await page.goto(`/monitors/${monitor}?range=1h`)
    const chart = page.getByRole("img", { name: /latency/i }).first()
    await chart.locator("canvas").waitFor()
    const box = (await chart.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.6, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.95, box.y + 100, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/from=.*to=/)
    await page.getByRole("link", { name: "Show all" }).waitFor()
    await Browser.assertAccessible(page)
    const keys = page.getByRole("group", { name: /^Chart/ }).first()
    await keys.focus()
    const before = page.url()
    await keys.press("+")
    await page.waitForURL((url) => url.href !== before)
    await keys.press("Escape")
    await page.waitForURL((url) => !url.searchParams.has("from"))
    await page.getByRole("button", { name: "Show as table" }).first().click()
    await page.getByRole("table").first().waitFor()
  })

  it("shows a hostile name as text, wherever it stands", async () => {
    const { id } = await api("POST", "/monitors", {
      name: hostile,
      kind: "http",
      spec: { url: stack.target.url },
      tags: ["<i>"]
    })
    await page.goto(`/monitors/${id}`)
    await heading(hostile)
    for (const path of ["/", "/?view=wall", "/?group=tag", `/monitors/${id}/settings`]) {
      await page.goto(path)
      await page
        .getByText(/<img src=x|<i>/)
        .first()
        .waitFor({ state: "attached" })
      await Browser.assertAccessible(page)
    }
    assert.isUndefined(await page.evaluate(() => (globalThis as { hurt?: number }).hurt))
    await api("DELETE", `/monitors/${id}`)
    await heading("There is no such monitor")
    assert.deepStrictEqual(Browser.except(browser.problems(), 404), [])
  })

  it("invites a viewer, who makes an account by the link, sees everything and changes nothing", async () => {
    const { url } = await api("POST", "/invitations", { role: "viewer", email: grace.email })
    graces = await browser.visit()
    await graces.goto(url!)
    await heading("Join Analytical Engines", graces)
    await Browser.assertAccessible(graces)
    await graces.getByLabel("Your name").fill(grace.name)
    await graces.getByLabel("Password", { exact: true }).fill(grace.password)
    await graces
      .getByRole("button", { name: /account|join/i })
      .first()
      .click()
    await isLive(graces)
    await graces.goto(`/monitors/${monitor}`)
    await graces.getByText("Up", { exact: true }).first().waitFor()
    assert.strictEqual(await graces.getByRole("button", { name: "Pause" }).count(), 0)
    assert.strictEqual(await graces.getByRole("link", { name: "Edit" }).count(), 0)
    const refused = await api("POST", `/monitors/${monitor}/pause`, undefined, graces).catch(String)
    assert.match(String(refused), /403/)
    assert.deepStrictEqual(Browser.except(browser.problems(), 403), [])
  })

  it("signs in without JavaScript, and is told what was wrong", async () => {
    const plain = await browser.visit({ javaScriptEnabled: false })
    await plain.goto("/")
    await heading("Sign in", plain)
    await plain.getByLabel("Email").fill(grace.email)
    await plain.getByLabel("Password", { exact: true }).fill("not her password at all")
    await plain.getByRole("button", { name: "Sign in" }).click()
    await plain.getByRole("alert").waitFor()
    assert.strictEqual(await plain.getByLabel("Email").inputValue(), grace.email)
    assert.strictEqual(await plain.getByLabel("Password", { exact: true }).inputValue(), "")
    assert.deepStrictEqual(Browser.except(browser.problems(), 401, 422), [])
    await plain.getByLabel("Password", { exact: true }).fill(grace.password)
    await plain.getByRole("button", { name: "Sign in" }).click()
    await plain.getByRole("link", { name: "Monitors" }).first().waitFor()
    await plain.getByText(stack.target.url).first().waitFor()
    await plain.context().close()
  })

  it("ends a session elsewhere, whose page is signed out", async () => {
    const second = await browser.visit()
    await second.goto("/sign-in")
    await second.getByLabel("Email").fill(grace.email)
    await second.getByLabel("Password", { exact: true }).fill(grace.password)
    await second.getByRole("button", { name: "Sign in" }).click()
    await isLive(second)
    await api("DELETE", "/account/sessions", undefined, second)
    await graces.goto("/")
    await heading("Sign in", graces)
    await Browser.assertAccessible(graces)
    await second.context().close()
  })
})
