/** What people do again and again, by the page alone. */
import type { Locator, Page } from "playwright-core"

/** Who signs in. */
export interface Person {
  readonly name: string
  readonly email: string
  readonly password: string
}

/** Who claims instances. */
export const ada: Person = { name: "Ada", email: "ada@example.com", password: "a long sentence of Ada's 1815" }

/** Whom she invites. */
export const grace: Person = { name: "Grace", email: "grace@example.com", password: "a long sentence of Grace's 1906" }

/** Waits for a heading. */
export const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole("heading", { name }).first().waitFor()

/** Waits until the page has come to life and its event stream is open. */
export const isLive = (page: Page): Promise<void> =>
  page.getByRole("status").getByText("Live", { exact: true }).waitFor()

/** The part of a page with this heading. */
export const panel = (page: Page, title: string): Locator =>
  page.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true }) })

/** Fills the form behind the setup link. */
export const fillSetup = async (page: Page, person: Person): Promise<void> => {
  await page.getByLabel("Organization").fill("Analytical Engines")
  await page.getByLabel("Your name").fill(person.name)
  await page.getByLabel("Email").fill(person.email)
  await page.getByLabel("Password", { exact: true }).fill(person.password)
}

/** Makes a person the owner of a new instance. */
export const claim = async (page: Page, setupLink: string, person: Person): Promise<void> => {
  await page.goto(setupLink)
  await fillSetup(page, person)
  await page.getByRole("button", { name: "Create the organization" }).click()
  await heading(page, "What should we watch?")
  await isLive(page)
}

/** Sends the form of signing in, on the page that has it. */
export const sendPassword = async (page: Page, { email }: Person, password: string): Promise<void> => {
  await page.getByLabel("Email").fill(email)
  await page.getByLabel("Password", { exact: true }).fill(password)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
}

/** Signs in whoever has no second factor. */
export const signIn = async (page: Page, person: Person): Promise<void> => {
  await page.goto("/sign-in")
  await sendPassword(page, person, person.password)
  await isLive(page)
}

/** Calls the API as the page may, with its session. Fails with the status and what the API says. */
export const api = (
  page: Page,
  method: string,
  path: string,
  body?: unknown
): Promise<{ readonly [name: string]: string }> =>
  page.evaluate(
    async ([how, where, json]) => {
      const headers = { "content-type": "application/json" }
      const response = await fetch(`/api/v1${where}`, { method: how!, headers, ...(json ? { body: json } : {}) })
      if (!response.ok) throw new Error(`${how} ${where}: ${response.status} ${await response.text()}`)
      return response.status === 204 ? {} : await response.json()
    },
    [method, path, body === undefined ? "" : JSON.stringify(body)]
  )

/** Makes a monitor that is checked each second; `more` is what else it has. Answers its id. */
export const watch = async (page: Page, name: string, url: string, more: object = {}): Promise<string> => {
  const monitor = { name, kind: "http", spec: { url }, intervalMs: 1_000, timeoutMs: 800, ...more }
  return (await api(page, "POST", "/monitors", monitor)).id!
}
