/**
 * What somebody does who has just started OpenSeer, from its setup link on. Each test goes on where the one before it ended.
 * Accessibility is looked at where a page is not as `pages.test.ts` sees it.
 */
import { assert, describe, it } from "vitest"
import * as Browser from "./Browser.ts"
import { ada, api, fillSetup, heading, isLive, panel, watch } from "./Person.ts"
import * as Scene from "./Scene.ts"

const hostile = `<img src=x onerror="globalThis.hurt=1"></script><script>globalThis.hurt=1</script>`

describe("somebody new", { timeout: 120_000 }, () => {
  const scene = Scene.make({})
  let monitor: string

  it("is led to the setup link, which makes the first person the owner, once", async () => {
    const { browser, page, stack } = scene
    await page.goto("/")
    await heading(page, "This instance is new")
    await page.goto(stack.setupLink)
    await heading(page, "Set up OpenSeer")
    await fillSetup(page, { ...ada, password: "password1234" })
    await page.getByRole("button", { name: "Create the organization" }).click()
    await page.locator("[aria-invalid=true]").waitFor()
    await Browser.assertAccessible(page)
    assert.deepStrictEqual(Browser.except(browser.problems(), 422), [])
    await page.getByLabel("Password", { exact: true }).fill(ada.password)
    await page.getByRole("button", { name: "Create the organization" }).click()
    await heading(page, "What should we watch?")

    const other = await browser.visit()
    await other.goto(stack.setupLink)
    await heading(other, "This instance has an owner")
    await other.context().close()
  })

  it("checks a URL before anything is saved, watches it, and sees it up", async () => {
    const { page, stack } = scene
    await isLive(page)
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
    await api(page, "PATCH", `/monitors/${monitor}`, { intervalMs: 1_000, timeoutMs: 800 })
    await page.getByText("Up", { exact: true }).first().waitFor()
  })

  it("sees it go down while looking at it, why, and that it is well again", async () => {
    const { page, stack } = scene
    const list = await page.context().newPage()
    await list.goto("/")
    await heading(list, /1 up|is up|are up/)
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

    // What is comes at once, what was after a moment.
    const later = await watch(page, "Later", stack.target.url)
    const row = list.getByRole("row").filter({ hasText: "Later" })
    await row.getByText(/observed/i).waitFor()
    await api(page, "DELETE", `/monitors/${later}`)
    await row.waitFor({ state: "detached" })

    // Whoever pauses while typing goes on where they were.
    const search = list.getByRole("searchbox")
    await search.pressSequentially("engine ")
    await list.waitForURL(/q=engine$/)
    await search.pressSequentially("room")
    await list.waitForURL(/q=engine\+room/)
    assert.strictEqual(await search.inputValue(), "engine room")
    await list.getByRole("link", { name: "Clear filters" }).click()
    await list.waitForFunction(() => document.querySelector<HTMLInputElement>("[data-search]")!.value === "")
    await list.close()
  })

  it("runs the check now, and is told of each region why it was not run", async () => {
    const { browser, page } = scene
    await page.goto(`/monitors/${monitor}`)
    await isLive(page)
    const problem = { type: "urn:openseer:problem:limit", title: "Too many runs", status: 429, retryAfterSeconds: 7 }
    await page.route("**/run", (route) => route.fulfill({ status: 429, json: problem }))
    await page.getByRole("button", { name: "Run now" }).click()
    const runs = page.getByRole("dialog", { name: "Run now" })
    await runs.getByRole("alert").getByText("Too many runs. Try again in 7 s.").waitFor()
    assert.strictEqual(await runs.getByText("No worker answered").count(), 0)
    assert.deepStrictEqual(Browser.except(browser.problems(), 429), [])
    await page.unroute("**/run")
    await runs.getByRole("button", { name: "Run again" }).click()
    await runs.getByText("Up", { exact: true }).waitFor()
    await runs.getByRole("button", { name: "Close" }).click()
  })

  it("chooses a kind of check, and tags what is selected by keys", async () => {
    const { page } = scene
    await page.goto("/")
    await isLive(page)
    await page.getByRole("combobox", { name: "Kind" }).selectOption("http")
    await page.waitForURL("/?kind=http")
    await page.getByRole("checkbox", { name: /^Select 127/ }).check()
    await page.getByRole("button", { name: "Tags…" }).click()
    await page.getByLabel("Add", { exact: true }).fill("critical, team:web, critical")
    await page.keyboard.press("Enter")
    await page.getByText("Changed 1 monitor").waitFor()
    await page.getByRole("row").getByText("team:web").first().waitFor()
    const { tags } = await api(page, "GET", `/monitors/${monitor}`)
    assert.sameMembers([...tags!], ["critical", "team:web"])
    await api(page, "PATCH", `/monitors/${monitor}`, { tags: [] })
  })

  it("looks closer at a chart by dragging, by keys, and as a table", async () => {
    const { page } = scene
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
    await keys.press("ArrowLeft")
    await page.getByText(/–.*, P50 .*, Runs \d/).waitFor()
    const before = page.url()
    await keys.press("+")
    await page.waitForURL((url) => url.href !== before)
    await keys.press("Escape")
    await page.waitForURL((url) => !url.searchParams.has("from"))
    for (const title of ["Uptime by day", "Latency"]) {
      await panel(page, title).getByRole("button", { name: "Show as table" }).click()
      await panel(page, title).getByRole("region", { name: "Values as a table" }).waitFor()
    }
    const today = new Date().toISOString().slice(0, 10)
    await panel(page, "Uptime by day").getByRole("rowheader", { name: today }).waitFor()
  })

  it("shows a hostile name as text, wherever it stands", async () => {
    const { browser, page, stack } = scene
    const { id } = await api(page, "POST", "/monitors", {
      name: hostile,
      kind: "http",
      spec: { url: stack.target.url },
      tags: ["<i>"]
    })
    await page.goto(`/monitors/${id}`)
    await heading(page, hostile)

    // Filters go to the wall and come back; groups leave nobody out.
    await page.goto("/?tag=%3Ci%3E")
    await isLive(page)
    await page.getByRole("link", { name: "Wall", exact: true }).click()
    await page.getByText("Only tag <i>").waitFor()
    assert.strictEqual(await page.getByRole("list", { name: "Monitors" }).getByRole("listitem").count(), 1)
    await page.getByRole("link", { name: "Leave the wall" }).click()
    await page.waitForURL((url) => url.search === "?tag=%3Ci%3E")
    const clear = page.getByRole("link", { name: "Clear filters" })
    await clear.click()
    // Links lead on from the address as it is.
    await clear.waitFor({ state: "detached" })
    await page.getByRole("link", { name: "By tag" }).click()
    await page.getByRole("link", { name: /No tag .* of 1 monitor$/ }).click()
    await page.getByRole("table", { name: "Monitors without a tag" }).getByRole("link").waitFor()

    for (const path of ["/", "/?view=wall", "/?group=tag", `/monitors/${id}/settings`]) {
      await page.goto(path)
      await page
        .getByText(/<img src=x|<i>/)
        .first()
        .waitFor({ state: "attached" })
    }
    assert.isUndefined(await page.evaluate(() => (globalThis as { hurt?: number }).hurt))
    await api(page, "DELETE", `/monitors/${id}`)
    await heading(page, "There is no such monitor")
    assert.deepStrictEqual(Browser.except(browser.problems(), 404), [])
  })
})
