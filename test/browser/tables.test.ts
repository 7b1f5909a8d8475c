/**
 * A monitor's page in a browser without JavaScript: it says what is not there, and leads to tables that are.
 */
import { assert, it } from "vitest"
import * as DashboardProcess from "../dashboard/DashboardProcess.ts"
import * as Browser from "./Browser.ts"

const hour = 3_600_000
const t0 = Math.floor(Date.now() / hour) * hour - 2 * hour
const counts = { up: 118, degraded: 0, down: 2, error: 0, missed: 0 }
const series = { t0, stepMs: hour, region: null, n: [60, 58] }
const latency = { p50: 40_000, p95: 123_000, p99: 200_000, min: 9_000, mean: 50_000, max: 300_000 }
const columns = Object.fromEntries(Object.entries(latency).map(([name, us]) => [name, [us, us + 1_000]]))
const at = new Date(t0).toISOString()

const answers: Readonly<Record<string, unknown>> = {
  "": {
    id: "mon_1",
    name: "Shop",
    kind: "http",
    target: "https://shop.example/",
    spec: {},
    intervalMs: 60_000,
    timeoutMs: 10_000,
    regions: [{ region: "eu-west-1", state: "up" }],
    assertions: [],
    tags: [],
    state: "up",
    version: 1,
    createdAt: at,
    updatedAt: at
  },
  latency: { ...series, ...columns, failed: [0, 2], errors: [0, 0], missed: [0, 0], overall: { ...latency, n: 118 } },
  uptime: {
    from: at,
    to: at,
    region: null,
    uptime: 0.983,
    coverage: 1,
    ...counts,
    due: 120,
    regions: [{ region: "eu-west-1", uptime: 0.983, coverage: 1, ...counts, due: 120 }]
  },
  timeline: { region: null, days: [{ day: at.slice(0, 10), uptime: 0.983, coverage: 1, ...counts }] },
  phases: {
    ...series,
    ...Object.fromEntries(["dns", "connect", "tls", "ttfb", "download"].map((name) => [name, [1_000, 7_000]]))
  },
  matrix: {
    t0,
    stepMs: hour,
    regions: [
      {
        region: "eu-west-1",
        p95: [123_000, 124_000],
        up: [60, 58],
        degraded: [0, 0],
        down: [0, 2],
        error: [0, 0],
        missed: [0, 0]
      }
    ]
  }
}

const account = {
  id: "usr_1",
  name: "Ada",
  email: "ada@example.com",
  organization: { id: "org_1", name: "Analytical Engines", role: "viewer" },
  scopes: ["read"],
  organizations: []
}

it("leads to the figures and charts of a monitor as tables", async () => {
  await using dashboard = await DashboardProcess.start()
  dashboard.script(({ url }, response) => {
    const path = url!.split("?")[0]!
    const answer =
      path === "/api/v1/account" ? account : answers[/^\/api\/v1\/monitors\/mon_1\/?(\w*)$/.exec(path)?.[1] ?? "none"]
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" })
    response.end(JSON.stringify(answer ?? { type: "urn:x", title: "There is nothing here", status: 404 }))
  })
  await using browser = await Browser.launch(dashboard.url)
  const page = await browser.visit({ javaScriptEnabled: false })
  await page.goto("/monitors/mon_1?range=7d")
  await page.getByText("which is off").waitFor()
  assert.isFalse(await page.getByRole("heading", { name: "Latency" }).isVisible())
  await page.getByRole("link", { name: "Show them as tables" }).click()
  await page.getByRole("heading", { name: "Latency" }).waitFor()
  assert.include(page.url(), "range=7d")
  assert.include(await page.getByLabel(/^Figures/).innerText(), "123 ms")
  const tables = page.getByRole("region", { name: "Values as a table" })
  assert.strictEqual(await tables.count(), 3)
  assert.match(await tables.first().innerText(), /124 ms/)
  assert.match(await tables.nth(1).innerText(), /7\.0 ms|7 ms/)
  assert.match(await page.getByRole("region", { name: "Regions in numbers" }).innerText(), /98\.3/)
  assert.isFalse(await page.getByText("which is off").isVisible())

  const scripted = await browser.visit()
  await scripted.goto("/monitors/mon_1?view=tables")
  await scripted.getByRole("button", { name: "Show as chart" }).first().waitFor()
  await scripted.getByRole("link", { name: "Show the charts" }).click()
  await scripted.getByRole("button", { name: "Show as table" }).nth(2).waitFor()
  assert.isFalse(await scripted.getByText("which is off").isVisible())
  assert.deepStrictEqual(Browser.except(browser.problems(), 404), [])
}, 180_000)
