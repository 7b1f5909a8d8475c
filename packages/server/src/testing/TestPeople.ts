/**
 * People of an instance under test, as a browser has them: what they are signed in with, and what our pages send.
 */
import { assert } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { SetupLinks } from "../accounts/SetupLinks.ts"
import { type Answer, type Call, TestApi } from "./TestApi.ts"
import { TestInstance } from "./TestInstance.ts"

/** A good password. */
export const password = "correct horse battery"

/** What a browser says of requests of our own pages. */
export const own = { "sec-fetch-site": "same-origin" }

/** The cookies that an answer sets, as a browser sends them back. */
export const cookieOf = ({ headers }: Answer): string =>
  headers
    .getSetCookie()
    .filter((text) => !text.includes("Max-Age=0"))
    .map((text) => text.split(";", 1)[0]!)
    .join("; ")

/** A call of one of our pages with cookies. */
export const as = (cookie: string, call: Call = {}): Call => ({
  ...call,
  headers: { ...own, ...(cookie === "" ? {} : { cookie }), ...call.headers }
})

/** The instance as its first user has just claimed it: everybody and all attempts before are forgotten. */
export const claimed = Effect.gen(function* () {
  const { call } = yield* TestApi
  const { rows } = yield* TestInstance
  const { create } = yield* SetupLinks
  yield* rows("truncate auth.users, auth.attempts, auth.instance, auth.known_devices cascade")
  const link = new URL(Redacted.value(Option.getOrThrow(yield* Effect.orDie(create))))
  const input = {
    token: link.searchParams.get("token"),
    organizationName: "Acme",
    name: "Ada",
    email: "Ada@acme.example",
    password
  }
  const setup = yield* call("POST", "/api/v1/auth/setup", { json: input })
  assert.strictEqual(setup.status, 200, setup.text)
  const post = (path: string, json: unknown, cookie = "", more: Call = {}) =>
    call("POST", `/api/v1/${path}`, as(cookie, { ...more, json }))
  const signIn = (given: Record<string, unknown> = {}, more: Call = {}) =>
    call("POST", "/api/v1/auth/sign-in", { ...more, json: { email: "ada@ACME.example", password, ...given } })
  const account = (cookie: string) => call("GET", "/api/v1/account", as(cookie))
  return { account, call, cookie: cookieOf(setup), input, post, rows, setup, signIn }
})
