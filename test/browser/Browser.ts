/**
 * A browser for tests. What its console, its pages or the page's policy complain of is collected, and is nothing at the end
 * of a good test.
 */
import { AxeBuilder } from "@axe-core/playwright"
import { type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { assert } from "vitest"
import * as Chromium from "./Chromium.ts"

/** A running browser. */
export interface TestBrowser extends AsyncDisposable {
  /** A page of somebody who has no cookies yet. */
  readonly visit: (options?: BrowserContextOptions) => Promise<Page>
  /** What was complained of since the last call. */
  readonly problems: () => ReadonlyArray<string>
}

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** Starts it for the origin `baseURL`. */
export const launch = async (baseURL: string): Promise<TestBrowser> => {
  const { env, path } = await Chromium.locate()
  const browser = await chromium.launch({
    executablePath: path,
    args,
    env: { ...process.env, ...env } as Record<string, string>
  })
  let problems: Array<string> = []
  return {
    visit: async (options = {}) => {
      const context = await browser.newContext({
        baseURL,
        locale: "en-GB",
        timezoneId: "Europe/Berlin",
        viewport: { width: 1280, height: 800 },
        reducedMotion: "reduce",
        ...options
      })
      context.setDefaultTimeout(45_000)
      context.on("console", (message) => {
        const text = message.text()
        if (message.type() === "error" || /Content Security Policy/.test(text)) {
          problems.push(`${message.page()?.url() ?? ""}: ${text}`)
        }
      })
      context.on("weberror", (error) => problems.push(`${error.page()?.url() ?? ""}: ${error.error().stack}`))
      return context.newPage()
    },
    problems: () => {
      const found = problems
      problems = []
      return found
    },
    [Symbol.asyncDispose]: () => browser.close()
  }
}

/** The console tells of each answer from 400 on; these were meant. */
export const except = (problems: ReadonlyArray<string>, ...statuses: ReadonlyArray<number>): ReadonlyArray<string> =>
  problems.filter((problem) => !statuses.some((status) => problem.includes(`responded with a status of ${status}`)))

const rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]

/** Nobody is kept out of the page as it is now, in light and in dark. */
export const assertAccessible = async (page: Page): Promise<void> => {
  const found: Array<string> = []
  const size = page.viewportSize()!
  // All of it in sight: what is out of sight keeps the colours of the theme before, and is judged by them.
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width: size.width, height: Math.max(size.height, height) })
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("main *")].every(
        (one) => one.checkVisibility({ contentVisibilityAuto: true }) === one.checkVisibility()
      ),
    null,
    { polling: 50 }
  )
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    // Colours on their way from one theme to the other are neither's, and what inherits one is on its way a little later.
    // By the clock: a page behind another one has no frames.
    await page.evaluate(async () => {
      const end = performance.now() + 5_000
      for (let still = 0; still < 3 && performance.now() < end; still++) {
        await new Promise((later) => setTimeout(later, 20))
        if (document.getAnimations().some((animation) => animation instanceof CSSTransition)) still = -1
      }
    })
    // Legacy: else each look opens a page of its own, for frames that these pages have none of.
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode(true)

      .options({ runOnly: rules, resultTypes: ["violations"] })
      .analyze()
    for (const { help, id, nodes } of violations) {
      const where = nodes.map(({ failureSummary, html }) => `${html}\n${failureSummary}`)
      found.push(`${page.url()} in ${colorScheme}: ${id}, ${help}:\n${where.join("\n")}`)
    }
  }
  await page.setViewportSize(size)
  assert.deepStrictEqual(found, [])
}

/** On the narrowest screen that there is, nothing stands out at its side. */
export const assertNarrow = async (page: Page): Promise<void> => {
  const size = page.viewportSize()!
  await page.setViewportSize({ width: 360, height: 740 })
  // Charts get their new size a moment later.
  await page
    .waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, null, { timeout: 5_000 })
    .catch(() => undefined)
  const wide = await page.evaluate(() =>
    document.documentElement.scrollWidth <= innerWidth
      ? []
      : [...document.querySelectorAll("body *")]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .map(({ outerHTML }) => outerHTML.slice(0, 200))
  )
  assert.deepStrictEqual(wide, [], `${page.url()} on 360 px`)
  await page.setViewportSize(size)
}
