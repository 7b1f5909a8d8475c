/** Workers elsewhere: enrolled by the command that the page shows, and revoked. Each test goes on after the one before. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "vitest"
import { inherited } from "../faults/Processes.ts"
import * as Browser from "./Browser.ts"
import { ada, claim, heading, isLive, panel } from "./Person.ts"
import * as Scene from "./Scene.ts"

const region = "eu-central-1"

describe("a second region", { timeout: 180_000 }, () => {
  const scene = Scene.make({ ready: ({ page, stack }) => claim(page, stack.setupLink, ada) })
  let worker: ChildProcess | undefined
  let folder: string | undefined

  afterAll(async () => {
    // The shell, npx and the worker are one group.
    if (worker?.exitCode === null) {
      process.kill(-worker.pid!, "SIGTERM")
      await once(worker, "exit")
    }
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  it("gets a worker by the command that the page shows, which waits until it is here", async () => {
    const { page } = scene
    await page.goto("/workers")
    await isLive(page)
    await page.getByRole("link", { name: "Enroll a worker" }).first().click()
    await heading(page, "1. Where does it run?")
    await page.getByLabel("Name of the new region").fill(region)
    await page.getByRole("button", { name: "Create the command" }).click()
    await page.getByText("Waiting for the worker…").waitFor()
    await Browser.assertAccessible(page)
    const command = (await page.getByRole("figure").filter({ hasText: "Command" }).locator("code").textContent())!

    folder = await mkdtemp(join(tmpdir(), "openseer-worker-"))
    worker = spawn("sh", ["-c", command], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      detached: true,
      stdio: "ignore",
      env: {
        ...inherited,
        OPENSEER_WORKER_TOKEN_FILE: join(folder, "worker.json"),
        OPENSEER_WORKER_NAME: "elsewhere",
        OPENSEER_WORKER_SHARDS: "1",
        OPENSEER_EGRESS_ALLOW: "127.0.0.0/8"
      }
    })
    await page.getByText("It is here: elsewhere").waitFor()
    await page.getByRole("link", { name: "To the workers" }).click()
    const row = page.getByRole("row", { name: /elsewhere/ })
    await row.getByText("Healthy").waitFor()
    await row.getByText(region).waitFor()
  })

  it("tests a monitor from there before it is saved, and checks it from there", async () => {
    const { page, stack } = scene
    await page.goto("/monitors/new")
    await isLive(page)
    await page.getByRole("textbox", { name: "URL" }).fill(stack.target.url)
    await page.getByRole("textbox", { name: "Name" }).fill("Seen from elsewhere")
    await page.getByLabel("Interval").fill("1 s")
    await page.getByRole("checkbox", { name: /^local/ }).uncheck()
    const test = panel(page, "Test")
    const isUp = test.getByText("Up", { exact: true })
    // A worker on a busy machine says of itself that it could not measure.
    for (let tries = 1; (await isUp.count()) === 0 && tries <= 5; tries++) {
      await page.getByRole("button", { name: "Test now" }).click()
      await test.getByText(/^(Up|Not checked)$/).waitFor()
    }
    await isUp.waitFor()
    await test.getByText(region).waitFor()
    await Browser.assertAccessible(page)
    await page.getByRole("button", { name: "Create monitor" }).click()
    await heading(page, "Seen from elsewhere")
    await page.getByText("Up", { exact: true }).first().waitFor()
  })

  it("makes what it watched unknown, and not down, when it is revoked", async () => {
    const { browser, page } = scene
    const monitor = page.url()
    await page.goto("/workers")
    await isLive(page)
    await page.getByRole("button", { name: "Revoke the worker elsewhere" }).click()
    const dialog = page.getByRole("dialog", { name: "Revoke elsewhere?" })
    await dialog.getByText("It is the last healthy worker of").waitFor()
    await Browser.assertAccessible(page)
    await dialog.getByRole("button", { name: "Revoke worker" }).click()
    await page
      .getByRole("row", { name: /elsewhere/ })
      .getByText("Revoked")
      .waitFor()
    await page.getByRole("listitem").filter({ hasText: region }).getByText("its monitors are unknown").waitFor()

    await page.goto(monitor)
    const state = page.getByRole("region", { name: "State" })
    await state.getByText(/^Unknown/).waitFor()
    await state.getByText("No result came lately, so nobody knows.").waitFor()
    await Browser.assertAccessible(page)
    const list = await page.context().newPage()
    await list.goto("/")
    await list.getByText("Unknown").first().waitFor()
    assert.strictEqual(await list.getByText("Down", { exact: true }).filter({ visible: true }).count(), 0)
    await Browser.assertAccessible(list)
    assert.deepStrictEqual(browser.problems(), [])
  })
})
