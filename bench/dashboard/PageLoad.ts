/**
 * How long a page takes until it is painted and until it can be used, and how much script it takes.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { dashboardFolder } from "../../scripts/dashboard/DashboardBuild.ts"
import { cookieName } from "./Instance.ts"
import type { Chromium, Tab } from "./Chromium.ts"

/** A page, and what is interactive there: an element that handles clicks once it is hydrated. */
export interface Page {
  readonly name: string
  readonly path: string
  readonly clickable: string
}

/** Milliseconds since the navigation began. */
export interface PageLoad {
  readonly firstByte: number
  readonly firstPaint: number
  readonly contentfulPaint: number
  readonly interactive: number
  readonly longTasks: number
  readonly scripts: ReadonlyArray<string>
}

// Solid delegates clicks: an element that handles them has its handler as `$$click` from its hydration on.
const recorder = (clickable: string) => `
  const tasks = []
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true })
  globalThis.measured = new Promise((resolve) => {
    const channel = new MessageChannel()
    let polls = 0
    channel.port1.onmessage = () => setTimeout(poll, 1)
    const poll = () => {
      if (document.querySelector(${JSON.stringify(clickable)})?.$$click === undefined) return channel.port2.postMessage(0)
      const interactive = performance.now()
      // What comes after it is idle: scripts that are loaded late are scripts, too.
      setTimeout(() => {
        const at = (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN
        resolve({
          firstByte: performance.getEntriesByType("navigation")[0].responseStart,
          firstPaint: at("first-paint"),
          contentfulPaint: at("first-contentful-paint"),
          interactive,
          longTasks: tasks.reduce((sum, task) => sum + task.duration, 0),
          scripts: performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname)
            .filter((path) => path.endsWith(".js"))
        })
      }, 1500)
    }
    poll()
  })`

/** Loads a page in a new profile, then once more in the same one. */
export const load = async (
  chromium: Chromium,
  origin: string,
  token: string,
  page: Page
): Promise<{ readonly cold: PageLoad; readonly warm: PageLoad }> => {
  const profile = await chromium.profile(origin, { name: cookieName, value: token })
  const tab = await profile.tab()
  await tab.inject(`if (location.protocol === "http:") { ${recorder(page.clickable)} }`)
  const cold = await measured(tab, origin + page.path)
  const warm = await measured(tab, origin + page.path)
  await profile.close()
  return { cold, warm }
}

const measured = async (tab: Tab, url: string): Promise<PageLoad> => {
  await tab.go("about:blank")
  await tab.go(url)
  return tab.evaluate<PageLoad>(
    "Promise.race([measured, new Promise((_, fail) => setTimeout(fail, 20000, new Error('nothing handles clicks')))])"
  )
}

/** What scripts of the build weigh, compressed by gzip. */
export const gzipBytes = (scripts: ReadonlyArray<string>): number =>
  [...new Set(scripts)].reduce(
    (sum, path) => sum + gzipSync(readFileSync(join(dashboardFolder, ".output/public", path)), { level: 9 }).length,
    0
  )
