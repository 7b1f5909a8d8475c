/** What the tests of a file play in: one stack, one browser, and one page that they go on with. */
import type { Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll } from "vitest"
import * as Browser from "./Browser.ts"
import * as Stack from "./Stack.ts"

/** What there is while a test runs. */
export interface Scene {
  readonly stack: Stack.Stack
  readonly browser: Browser.TestBrowser
  /** The page of whoever the tests are mostly about. */
  readonly page: Page
}

/**
 * For the tests of one `describe`, before the first and until after the last. After each, nothing may have complained;
 * one that failed tells what the page shows. `start` starts the stack, if not in the usual way; `ready` comes before the
 * first test.
 */
export const make = (options: {
  readonly start?: () => Promise<Stack.Stack>
  readonly ready?: (scene: Scene) => Promise<void>
}): Scene => {
  const scene: { -readonly [Name in keyof Scene]?: Scene[Name] } = {}
  beforeAll(async () => {
    scene.stack = await (options.start ?? Stack.start)()
    scene.browser = await Browser.launch(scene.stack.url)
    scene.page = await scene.browser.visit()
    await options.ready?.(scene as Scene)
  }, 180_000)
  afterAll(async () => {
    await scene.browser?.[Symbol.asyncDispose]()
    await scene.stack?.[Symbol.asyncDispose]()
  })
  afterEach(async ({ task }) => {
    const { browser, page } = scene as Scene
    if (task.result?.state === "fail") {
      console.log(`${page.url()} shows:\n${await page.locator("body").ariaSnapshot({ timeout: 1_000 })}`)
    }
    assert.deepStrictEqual(browser.problems(), [])
  })
  return scene as Scene
}
