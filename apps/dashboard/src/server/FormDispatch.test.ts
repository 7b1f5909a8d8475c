import { assert, describe, it } from "vitest"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { dispatch } from "~/server/FormDispatch.ts"

const problem = {
  type: "urn:openseer:problem:bad-input",
  title: "Not so",
  status: 422,
  errors: [{ path: "name", message: "is empty" }]
}

const forms: Readonly<Record<string, NamedForm>> = {
  rename: {
    send: async ({ call, fields, page }) => {
      await call("PATCH", "/api/v1/organization", { name: fields.text("name"), note: fields.optional("note") })
      return { redirect: page.pathname }
    }
  },
  key: { send: async ({ call }) => ({ show: await call("POST", "/api/v1/api-keys", {}) }) },
  broken: { send: () => Promise.reject(new Error("a secret of ours")) }
}

const post = (fields: Record<string, string>, headers: Record<string, string> = {}): Request => {
  const body = new URLSearchParams(fields).toString()
  return new Request("http://here/settings?tab=1", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length), ...headers },
    body
  })
}

/** Answers what it is told to, and remembers what it was asked. */
const scripted = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  const asked: Array<{ path: string; body: unknown }> = []
  const controlPlane = (path: string, init: { readonly body?: unknown } = {}) => {
    asked.push({ path, body: init.body })
    return Promise.resolve(
      status === 204 ? new Response(null, { status, headers }) : Response.json(body, { status, headers })
    )
  }
  return { asked, controlPlane }
}

const asScript = { accept: "application/json" }

describe("FormDispatch", () => {
  it("sends what was typed, passes cookies on, and answers 303 to the page", async () => {
    const { asked, controlPlane } = scripted(204, undefined, { "set-cookie": "a=1; Path=/" })
    const done = await dispatch(post({ _form: "rename", name: "  Ada ", note: "" }), controlPlane, forms)
    assert("response" in done)
    assert.strictEqual(done.response.status, 303)
    assert.strictEqual(done.response.headers.get("location"), "/settings")
    assert.deepStrictEqual(done.response.headers.getSetCookie(), ["a=1; Path=/"])
    assert.deepStrictEqual(asked, [{ path: "/api/v1/organization", body: { name: "Ada", note: undefined } }])
  })

  it("gives a refused form back to its page with the problem and what was typed, without secrets", async () => {
    const { controlPlane } = scripted(422, problem)
    const typed = { name: "x", password: "p", newPassword: "q", code: "123456", token: "t", apiKey: "k" }
    const done = await dispatch(post({ _form: "rename", _key: "row 1", ...typed }), controlPlane, forms)
    assert("posted" in done)
    assert.strictEqual(done.status, 422)
    assert.deepStrictEqual(done.posted, { name: "rename", key: "row 1", values: { name: ["x"] }, problem })
  })

  it("answers a script the same as JSON", async () => {
    const refused = await dispatch(
      post({ _form: "rename", name: "x" }, asScript),
      scripted(422, problem).controlPlane,
      forms
    )
    assert("response" in refused)
    assert.deepStrictEqual(await refused.response.json(), { problem, values: { name: ["x"] } })
    const done = await dispatch(
      post({ _form: "rename", name: "x" }, asScript),
      scripted(204, undefined).controlPlane,
      forms
    )
    assert("response" in done)
    assert.deepStrictEqual(await done.response.json(), { redirect: "/settings" })
    assert.strictEqual(done.response.headers.get("cache-control"), "private, no-store")
  })

  it("hands what is shown once to the page that asked, and to no other", async () => {
    const { controlPlane } = scripted(201, { token: "osk_x" })
    const done = await dispatch(post({ _form: "key" }), controlPlane, forms)
    assert("posted" in done)
    assert.strictEqual(done.status, 200)
    assert.deepStrictEqual(done.posted, { name: "key", key: "", values: {}, show: { token: "osk_x" } })
  })

  it("says nothing of what broke inside", async () => {
    const done = await dispatch(post({ _form: "broken" }, asScript), scripted(204, undefined).controlPlane, forms)
    assert("response" in done)
    assert.notInclude(await done.response.text(), "secret")
  })

  it("refuses what is no form of ours, and asks nobody", async () => {
    const { asked, controlPlane } = scripted(204, undefined)
    const rows: ReadonlyArray<readonly [number, Request]> = [
      [405, post({ _form: "nothing" })],
      [405, post({ name: "x" })],
      [405, post({ _form: "toString" })],
      [405, post({ _form: "__proto__" })],
      [405, new Request("http://here/", { method: "PUT", body: "x" })],
      [405, new Request("http://here/", { method: "DELETE" })],
      [415, post({ _form: "rename" }, { "content-type": "application/json" })],
      [415, post({ _form: "rename" }, { "content-type": "text/plain" })],
      [415, post({ _form: "rename" }, { "content-type": "multipart/form-data; boundary=x" })],
      [413, post({ _form: "rename" }, { "content-length": "262145" })],
      [413, post({ _form: "rename" }, { "content-length": "many" })]
    ]
    for (const [status, request] of rows) {
      const done = await dispatch(request, controlPlane, forms)
      assert("response" in done)
      assert.strictEqual(done.response.status, status, `${request.method} ${request.headers.get("content-type")}`)
    }
    assert.lengthOf(asked, 0)
  })
})
