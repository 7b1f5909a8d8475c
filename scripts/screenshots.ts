/**
 * `npm run screenshots`: every page of the dashboard at two widths, of an instance with a past, into `docs/screenshots/`.
 * The pages of the README in dark as well. A minute or two; nothing is left running.
 */
import { mkdir, rm } from "node:fs/promises"
import type { Page } from "playwright-core"
import * as Browser from "../test/browser/Browser.ts"
import { ada, api, fillSetup, heading, isLive } from "../test/browser/Person.ts"
import * as Stack from "../test/browser/Stack.ts"

const folder = "docs/screenshots"
const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } }

interface Shot {
  readonly name: string
  readonly path: string
  /** What must be there before the picture is taken. */
  readonly ready: string | RegExp
  readonly isDarkToo?: true
}

await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
await using stack = await Stack.start()
await using browser = await Browser.launch(stack.url)

const take = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(() => document.fonts.ready)
  for (const [width, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport)
    await page.waitForTimeout(400)
    await page.screenshot({ path: `${folder}/${name}-${width}.png` })
  }
  await page.setViewportSize(widths.wide)
}

const page = await browser.visit({ viewport: widths.wide })
await page.goto(stack.setupLink)
await heading(page, "Set up OpenSeer")
await take(page, "setup")
await fillSetup(page, { ...ada, name: "Ada Lovelace" })
await page.getByRole("button", { name: "Create the organization" }).click()
await heading(page, "What should we watch?")
// The page is alive: before, Enter would send the form as it is sent without JavaScript.
await isLive(page)
await page.getByText("from local").waitFor()
await page.getByLabel("URL or host").fill(stack.target.url)
await page.keyboard.press("Enter")
await page.getByRole("button", { name: "Watch it" }).waitFor()
await take(page, "first-check")

await stack.run("bench/dashboard/fill.ts", "--monitors", "140", "--days", "45")

const post = (path: string, body: unknown) => api(page, "POST", path, body)
const broken = await post("/monitors", {
  name: "Customer portal",
  spec: { url: stack.target.url.replace("http:", "https:") },
  intervalMs: 1_000,
  timeoutMs: 800,
  regions: ["local"],
  tags: ["env:production", "team:identity"]
})
await post("/invitations", { role: "editor", email: "grace@example.com" })
await post("/api-keys", { name: "Deployments", scopes: ["write"] })
await post("/enrollment-tokens", { region: "eu-west-1" })
const history = "mon_00000000000000000015"

const shots: ReadonlyArray<Shot> = [
  { name: "monitors", path: "/", ready: "Wrong now", isDarkToo: true },
  { name: "monitors-by-tag", path: "/?group=tag", ready: "team:data" },
  { name: "wall", path: "/?view=wall", ready: /down/i },
  { name: "monitor", path: `/monitors/${history}?range=24h`, ready: "Latency", isDarkToo: true },
  { name: "checks", path: `/monitors/${broken.id}/checks?run=latest`, ready: "Due", isDarkToo: true },
  { name: "monitor-settings", path: `/monitors/${broken.id}/settings`, ready: /delete/i },
  { name: "new-monitor", path: "/monitors/new", ready: "What is watched" },
  { name: "edit-monitor", path: `/monitors/${broken.id}/edit`, ready: "What is watched" },
  { name: "workers", path: "/workers", ready: "Healthy" },
  { name: "enroll", path: "/workers/enroll", ready: /region/i },
  ...["", "security", "organization", "members", "api-keys", "audit-log", "appearance"].map((tab): Shot => ({
    name: `settings${tab && `-${tab}`}`,
    path: `/settings${tab && `/${tab}`}`,
    ready: "Settings"
  }))
]
for (const { isDarkToo, name, path, ready } of shots) {
  await page.goto(path)
  await page.locator("main").getByText(ready).filter({ visible: true }).first().waitFor()
  await page.waitForTimeout(1_500)
  await take(page, name)
  if (isDarkToo) {
    await page.emulateMedia({ colorScheme: "dark" })
    await take(page, `${name}-dark`)
    await page.emulateMedia({ colorScheme: "light" })
  }
}
const visitor = await browser.visit({ viewport: widths.wide })
for (const [name, path] of [
  ["sign-in", "/sign-in"],
  ["second-factor", "/second-factor"]
] as const) {
  await visitor.goto(path)
  await visitor.getByRole("heading").first().waitFor()
  await take(visitor, name)
}
console.log(`${shots.length + 4} pages are in ${folder}`)
