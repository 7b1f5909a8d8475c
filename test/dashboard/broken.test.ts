/**
 * The pages while the API answers to nothing but who is signed in.
 */
import { assert, describe, it } from "vitest"
import * as Account from "./Account.ts"
import * as DashboardProcess from "./DashboardProcess.ts"

const pages: ReadonlyArray<readonly [path: string, title: string]> = [
  ["/", "Monitors"],
  ["/?group=tag", "Monitors"],
  ["/?view=wall", "Broken today"],
  ["/monitors/new", "New monitor"],
  ["/monitors/mon_1", "Broken today"],
  ["/monitors/mon_1/checks", "Broken today"],
  ["/monitors/mon_1/settings", "Broken today"],
  ["/monitors/mon_1/edit", "Broken today"],
  ["/workers", "Workers"],
  ["/workers/enroll", "Enroll a worker"],
  ["/settings/members", "Broken today"],
  ["/settings/api-keys", "API keys"],
  ["/settings/audit-log", "Audit log"]
]

/** Who is signed in, and of all else a problem. */
const answering =
  (status: number, title: string): DashboardProcess.Script =>
  ({ url }, response) => {
    const isAccount = url === "/api/v1/account"
    response.writeHead(isAccount ? 200 : status, { "content-type": "application/json" })
    response.end(JSON.stringify(isAccount ? Account.owner : { type: "urn:x", title, status }))
  }

describe("Pages whose reads fail", () => {
  it("come to an end, say so with one title, and leave nobody unheard", async () => {
    await using dashboard = await DashboardProcess.start()
    dashboard.script(answering(500, "Broken today"))
    for (const [path, title] of pages) {
      const answer = await fetch(dashboard.url + path, { signal: AbortSignal.timeout(20_000) })
      const html = await answer.text()
      const titles = [...html.matchAll(/<title[^>]*>([^<]*)/g)].map(([, words]) => words)
      assert.deepStrictEqual(titles, [`${title} · OpenSeer`], path)
      assert.include(html, "Broken today", path)
    }
    assert.strictEqual(dashboard.complaints(), "")
  }, 180_000)

  it("are not found, without a complaint, when they are about what does not exist", async () => {
    await using dashboard = await DashboardProcess.start()
    for (const status of [400, 404]) {
      dashboard.script(answering(status, "There is no such monitor"))
      for (const path of ["/monitors/mon_1", "/monitors/nope", "/monitors/mon_1/checks", "/monitors/mon_1/settings"]) {
        const answer = await fetch(dashboard.url + path)
        assert.include(await answer.text(), "There is no such monitor", path)
        assert.strictEqual(answer.status, 404, path)
      }
    }
    assert.strictEqual(dashboard.complaints(), "")
  }, 180_000)
})
