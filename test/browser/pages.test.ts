/** Every page there is, as it is for everybody: light and dark, and on the narrowest screen. */
import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import { assert, describe, it } from "vitest"
import * as Browser from "./Browser.ts"
import { ada, api, claim, heading, watch } from "./Person.ts"
import * as Scene from "./Scene.ts"

const routes = fileURLToPath(new URL("../../apps/dashboard/src/routes", import.meta.url))

interface Visit {
  readonly path: string
  readonly heading: string | RegExp
}

describe("every page", { timeout: 600_000 }, () => {
  const scene = Scene.make({})
  const visited = new Set<string>()

  /** Narrow, then both themes. */
  const see = async (page: Page, route: string, visit: Visit): Promise<void> => {
    visited.add(route)
    await page.goto(visit.path)
    await heading(page, visit.heading)
    await Browser.assertNarrow(page)
    await Browser.assertAccessible(page)
  }

  it("has nothing that keeps anybody out", async () => {
    const { browser, page, stack } = scene
    await see(page, "(auth)/setup-needed.tsx", { path: "/setup-needed", heading: "This instance is new" })
    await see(page, "(auth)/setup.tsx", { path: stack.setupLink, heading: "Set up OpenSeer" })
    await claim(page, stack.setupLink, ada)
    const id = await watch(page, "Engine", stack.target.url, { tags: ["team:engines"] })
    await api(page, "POST", "/monitors", { name: "Cron", kind: "heartbeat", spec: { schedule: { periodMs: 60_000 } } })
    await api(page, "POST", "/api-keys", { name: "Deployments", scopes: ["write"] })
    await api(page, "POST", "/enrollment-tokens", { region: "eu-central-1" })
    const { url } = await api(page, "POST", "/invitations", { role: "viewer" })
    await page.goto(`/monitors/${id}`)
    await page.getByText("Up", { exact: true }).first().waitFor()

    const inside: Readonly<Record<string, ReadonlyArray<Visit>>> = {
      "(app)/index.tsx": [
        { path: "/", heading: /up|unknown/ },
        { path: "/?group=tag&open=team%3Aengines", heading: /up|unknown/ },
        { path: "/?view=wall", heading: /up|unknown/ }
      ],
      "(app)/monitors/new.tsx": ["http", "heartbeat"].map((kind) => ({
        path: `/monitors/new?kind=${kind}`,
        heading: "New monitor"
      })),
      "(app)/monitors/[id]/edit.tsx": [{ path: `/monitors/${id}/edit`, heading: "Engine" }],
      "(app)/monitors/[id]/(monitor)/index.tsx": [{ path: `/monitors/${id}`, heading: "Engine" }],
      "(app)/monitors/[id]/(monitor)/checks.tsx": [
        { path: `/monitors/${id}/checks`, heading: "Engine" },
        { path: `/monitors/${id}/checks?run=latest`, heading: "Engine" }
      ],
      "(app)/monitors/[id]/(monitor)/settings.tsx": [{ path: `/monitors/${id}/settings`, heading: "The rule" }],
      "(app)/workers/index.tsx": [{ path: "/workers", heading: "Workers" }],
      "(app)/workers/enroll.tsx": [{ path: "/workers/enroll", heading: "1. Where does it run?" }],
      "(app)/settings/index.tsx": [{ path: "/settings", heading: "Profile" }],
      "(app)/settings/security.tsx": [{ path: "/settings/security", heading: "Second factor" }],
      "(app)/settings/appearance.tsx": [{ path: "/settings/appearance", heading: "Appearance" }],
      "(app)/settings/organization.tsx": [{ path: "/settings/organization", heading: "Settings" }],
      "(app)/settings/members.tsx": [{ path: "/settings/members", heading: "Members" }],
      "(app)/settings/api-keys.tsx": [{ path: "/settings/api-keys", heading: "API keys" }],
      "(app)/settings/audit-log.tsx": [{ path: "/settings/audit-log", heading: "Audit log" }],
      "[...404].tsx": [{ path: "/no-such-page", heading: /not|no such/i }]
    }
    for (const [route, visits] of Object.entries(inside)) for (const visit of visits) await see(page, route, visit)
    assert.deepStrictEqual(Browser.except(browser.problems(), 404), [])

    const visitor = await browser.visit()
    await see(visitor, "(auth)/sign-in.tsx", { path: "/sign-in", heading: "Sign in" })
    await see(visitor, "(auth)/sign-up.tsx", { path: "/sign-up", heading: /./ })
    await see(visitor, "(auth)/second-factor.tsx", { path: "/second-factor", heading: "Second factor" })
    await see(visitor, "(auth)/invite.tsx", { path: url!, heading: "Join Analytical Engines" })
    await see(visitor, "(auth)/invite.tsx", { path: "/invite?token=osinv_x", heading: "This invitation is not valid" })
    assert.deepStrictEqual(Browser.except(browser.problems(), 404, 410), [])
  })

  it("was visited", () => {
    const layouts = new Set(["(app).tsx", "(auth).tsx", "(app)/settings.tsx", "(app)/monitors/[id]/(monitor).tsx"])
    const pages = globSync("**/*.tsx", { cwd: routes }).filter((route) => !layouts.has(route))
    assert.deepStrictEqual([...visited].toSorted(), pages.toSorted())
  })
})
