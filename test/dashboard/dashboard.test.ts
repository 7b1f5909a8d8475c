/**
 * The dashboard's server as it is deployed: what it passes on, whom it lets in, and which headers its answers have.
 */
import { once } from "node:events"
import { get, type IncomingMessage, request as ask, type ServerResponse } from "node:http"
import { connect } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as DashboardProcess from "./DashboardProcess.ts"

const account = {
  id: "usr_1",
  name: "<img src=x onerror=alert(1)>",
  email: "ada@example.com",
  hasPassword: true,
  hasSecondFactor: false,
  recoveryCodesLeft: 0,
  sessionId: "ses_1",
  organization: { id: "org_1", name: "</script><script>alert(1)</script>", role: "owner" },
  scopes: ["admin"],
  organizations: [],
  mayCreateOrganization: false
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, {
    "content-type": status < 400 ? "application/json" : "application/problem+json",
    ...headers
  })
  response.end(JSON.stringify(body))
}

/** A control plane on which one person may sign in: whoever has the cookie `s=1`. */
const accounts: DashboardProcess.Script = (request, response) => {
  const { cookie = "" } = request.headers
  const path = request.url?.split("?")[0]
  if (path === "/api/v1/auth/options")
    return json(response, 200, { needsSetup: cookie === "new=1", registration: "closed" })
  if (path === "/api/v1/auth/sign-in") {
    if (cookie === "good=1")
      return json(response, 200, { status: "signed_in" }, { "set-cookie": "s=1; Path=/; HttpOnly" })
    return json(response, 401, { type: "urn:x", title: "Email or password is wrong", status: 401 })
  }
  if (cookie === "garbage=1") return void response.writeHead(200, { "content-type": "application/json" }).end("<")
  if (cookie !== "s=1") return json(response, 401, { type: "urn:x", title: "Sign in", status: 401 })
  if (path === "/api/v1/account") return json(response, 200, account, { "set-cookie": "s=1; Path=/; Max-Age=9" })
  json(response, 404, { type: "urn:x", title: "There is nothing here", status: 404 })
}

const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  redirect: "manual",
  headers: { "sec-fetch-site": "same-origin", ...headers },
  body: new URLSearchParams(fields)
})

/** Sends bytes and nothing more, and takes what comes until the connection is closed. */
const untilClosed = async (url: string, bytes: string): Promise<{ answer: string; afterMs: number }> => {
  const startedAt = performance.now()
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes)).setEncoding("latin1")
  let answer = ""
  for await (const chunk of socket) answer += String(chunk)
  return { answer, afterMs: performance.now() - startedAt }
}

describe("The dashboard's server", () => {
  let dashboard: DashboardProcess.DashboardProcess
  /** What came of a request whose headers never end: it goes on while the other tests run. */
  let slow: ReturnType<typeof untilClosed>
  beforeAll(async () => {
    dashboard = await DashboardProcess.start()
    slow = untilClosed(dashboard.url, "GET /sign-in HTTP/1.1\r\nHost: a\r\n")
  }, 180_000)
  afterAll(() => dashboard[Symbol.asyncDispose]())
  const page = (path: string, cookie = "", init: RequestInit = {}): Promise<Response> =>
    fetch(dashboard.url + path, { redirect: "manual", ...init, headers: { cookie, ...(init.headers as {}) } })

  it("leads whoever is not signed in to the sign-in page and back, and a new instance to its setup", async () => {
    dashboard.script(accounts)
    for (const [path, cookie, location] of [
      ["/", "", "/sign-in"],
      ["/monitors/mon_1?range=7d", "", "/sign-in?next=%2Fmonitors%2Fmon_1%3Frange%3D7d"],
      ["/", "new=1", "/setup-needed"]
    ] as const) {
      const { headers, status } = await page(path, cookie)
      assert.deepStrictEqual([status, headers.get("location")], [303, location])
    }
    assert.strictEqual((await page("/setup-needed")).status, 200)
  })

  it("renders for whoever is signed in, renews their cookie, and keeps hostile names inert", async () => {
    dashboard.script(accounts)
    const answer = await page("/", "s=1")
    const html = await answer.text()
    assert.strictEqual(answer.status, 200)
    assert.include(answer.headers.get("set-cookie"), "s=1")
    assert.include(html, "&lt;img src=x")
    // Within the quotes of an attribute, and in the data of a script, it is text.
    const tags = html.replaceAll(/(?<! nonce)="[^"]*"/g, '=""')
    assert.notInclude(tags, "<img")
    const nonce = /'nonce-([^']+)'/.exec(answer.headers.get("content-security-policy") ?? "")?.[1] ?? assert.fail()
    for (const [tag] of tags.matchAll(/<script[^>]*>/g)) assert.include(tag, `nonce="${nonce}"`)
    assert.notMatch(html, / style=/)
    assert.notInclude((await page("/", "s=1")).headers.get("content-security-policy"), nonce)
  })

  it("signs in without JavaScript: the cookie and the way on, or the page again without the password", async () => {
    dashboard.script(accounts)
    const typed = { _form: "sign-in", email: "ada@example.com", password: "not to be shown", next: "//evil.example" }
    const refused = await fetch(`${dashboard.url}/sign-in`, form(typed))
    const html = await refused.text()
    assert.strictEqual(refused.status, 401)
    assert.include(html, "Email or password is wrong")
    assert.include(html, "ada@example.com")
    assert.notInclude(html, "not to be shown")
    const done = await fetch(`${dashboard.url}/sign-in`, form(typed, { cookie: "good=1" }))
    assert.deepStrictEqual(
      [done.status, done.headers.get("location"), done.headers.get("set-cookie")],
      [303, "/", "s=1; Path=/; HttpOnly"]
    )
  })

  it("takes no form from another site, and asks nobody", async () => {
    let asked = 0
    dashboard.script((_, response) => {
      asked++
      response.end()
    })
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "", origin: "http://evil.example" },
      { "sec-fetch-site": "none" }
    ]) {
      const { status } = await fetch(
        `${dashboard.url}/sign-in`,
        form({ _form: "sign-out" }, headers as Record<string, string>)
      )
      assert.strictEqual(status, 403)
    }
    assert.strictEqual(asked, 0)
  })

  it("has the security headers on every kind of answer", async () => {
    dashboard.script(accounts)
    const asset = /"(\/_build\/assets\/[^"]+\.js)"/.exec(await (await page("/sign-in")).text())?.[1] ?? assert.fail()
    const rows: ReadonlyArray<
      readonly [what: string, status: number, kind: "page" | "closed" | "file", Promise<Response>]
    > = [
      ["a page that needs nobody", 200, "page", page("/sign-in")],
      ["a page of the app", 200, "page", page("/", "s=1")],
      ["the way to the sign-in page", 303, "page", page("/")],
      ["a path without a page", 404, "page", page("/nope/nope", "s=1")],
      ["a refused form", 401, "page", fetch(`${dashboard.url}/sign-in`, form({ _form: "sign-in" }))],
      [
        "an accepted form",
        303,
        "page",
        fetch(`${dashboard.url}/sign-in`, form({ _form: "sign-in" }, { cookie: "good=1" }))
      ],
      ["a page that broke", 500, "closed", page("/", "garbage=1")],
      ["a form that is none", 405, "closed", fetch(`${dashboard.url}/`, form({ _form: "nope" }))],
      ["a form from elsewhere", 403, "closed", page("/", "", { method: "POST" })],
      [
        "a body that is no form",
        415,
        "closed",
        page("/", "", { method: "POST", headers: { origin: dashboard.url }, body: "x" })
      ],
      ["a server function", 404, "closed", page("/_server?id=x")],
      ["a file that is missing", 404, "closed", page("/_build/assets/nope.js")],
      ["a file", 200, "file", page("/favicon.svg")],
      ["a script", 200, "file", page(asset)],
      ["an answer of the API", 200, "closed", page("/api/v1/auth/options")],
      ["a problem of the API", 404, "closed", page("/api/v1/nope", "s=1")]
    ]
    for (const [what, status, kind, asked] of rows) {
      const { headers, status: given } = await asked
      assert.strictEqual(given, status, what)
      for (const [name, value] of [
        ["x-content-type-options", "nosniff"],
        ["referrer-policy", "same-origin"],
        ["cross-origin-opener-policy", "same-origin"],
        ["cross-origin-resource-policy", "same-origin"],
        ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
        ["x-powered-by", null],
        ["server", null],
        ["access-control-allow-origin", null],
        ["strict-transport-security", null]
      ] as const) {
        assert.strictEqual(headers.get(name), value, `${what}: ${name}`)
      }
      const policy = headers.get("content-security-policy") ?? ""
      assert.match(policy, /^default-src 'none'; .*frame-ancestors 'none'/, what)
      assert.notMatch(policy, /unsafe|\*/, what)
      if (kind === "page") assert.match(policy, /script-src 'nonce-[\w+/=]{24}' 'strict-dynamic'/, what)
      if (kind === "page" || status >= 400) assert.match(headers.get("cache-control") ?? "", /no-store/, what)
      const type = headers.get("content-type")
      if (type?.startsWith("text/")) assert.match(type, /charset=utf-8$/, what)
    }
  })

  it("passes an event stream on event by event, and the client's going to the control plane", async () => {
    let send!: (text: string) => void
    const gone = new Promise<void>((resolve) => {
      dashboard.script((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        send = (text) => response.write(text)
        response.on("close", resolve)
        send("data: 1\n\n")
      })
    })
    const client = get(`${dashboard.url}/api/v1/events`)
    const [stream] = (await once(client, "response")) as [IncomingMessage]
    const heard = async () => String((await once(stream, "data"))[0])
    // Each comes over before the next is written: nothing gathers them.
    assert.strictEqual(await heard(), "data: 1\n\n")
    for (const text of ["data: 2\n\n", "data: 3\n\n"]) {
      const next = heard()
      send(text)
      assert.strictEqual(await next, text)
    }
    client.destroy()
    await gone
  })

  it("streams a body up before it is whole", async () => {
    const first = Promise.withResolvers<string>()
    dashboard.script((request, response) => {
      request.once("data", (chunk: Buffer) => first.resolve(chunk.toString()))
      let length = 0
      request.on("data", (chunk: Buffer) => (length += chunk.length))
      request.on("end", () => json(response, 200, { length }))
    })
    const upload = ask(`${dashboard.url}/api/v1/x`, { method: "POST", headers: { "content-type": "application/json" } })
    upload.write("begins")
    assert.strictEqual(await first.promise, "begins")
    upload.end(Buffer.alloc(5_000_000))
    const [answer] = (await once(upload, "response")) as [IncomingMessage]
    let text = ""
    for await (const chunk of answer) text += String(chunk)
    assert.deepStrictEqual(JSON.parse(text), { length: 5_000_006 })
  })

  it("tells the control plane who asks, and passes on what is the message's and not the connection's", async () => {
    const seen = Promise.withResolvers<IncomingMessage>()
    dashboard.script((request, response) => {
      seen.resolve(request)
      response.writeHead(302, {
        location: "https://elsewhere.example/",
        "set-cookie": ["a=1", "b=2"],
        "keep-alive": "timeout=99"
      })
      response.end()
    })
    const client = get(`${dashboard.url}/api/v1/a%2Fb?q=1&q=2`, {
      headers: {
        host: "seer.example",
        "x-forwarded-for": "1.2.3.4",
        cookie: "s=1",
        connection: "x-hop",
        "x-hop": "1",
        authorization: "Bearer osk_1"
      }
    })
    const [answer] = (await once(client, "response")) as [IncomingMessage]
    const { headers, url } = await seen.promise
    assert.strictEqual(url, "/api/v1/a%2Fb?q=1&q=2")
    assert.deepInclude(headers, {
      "x-forwarded-for": "1.2.3.4, 127.0.0.1",
      "x-forwarded-host": "seer.example",
      "x-forwarded-proto": "http",
      cookie: "s=1",
      authorization: "Bearer osk_1"
    })
    assert.notProperty(headers, "x-hop")
    assert.strictEqual(answer.statusCode, 302)
    assert.strictEqual(answer.headers.location, "https://elsewhere.example/")
    assert.deepStrictEqual(answer.headers["set-cookie"], ["a=1", "b=2"])
    assert.notInclude(answer.headers["keep-alive"], "99")
  })

  describe("behind a proxy that speaks https", () => {
    it("says its public origin to the control plane, and has browsers come by https only", async () => {
      await using behind = await DashboardProcess.start({ OPENSEER_PUBLIC_URL: "https://seer.example" })
      const seen = Promise.withResolvers<IncomingMessage["headers"]>()
      behind.script(({ headers }, response) => {
        seen.resolve(headers)
        json(response, 200, {})
      })
      const { headers } = await fetch(`${behind.url}/api/v1/x`)
      assert.strictEqual(headers.get("strict-transport-security"), "max-age=31536000; includeSubDomains")
      assert.deepInclude(await seen.promise, { "x-forwarded-host": "seer.example", "x-forwarded-proto": "https" })
      const own = await fetch(
        `${behind.url}/`,
        form({ _form: "nope" }, { "sec-fetch-site": "", origin: "https://seer.example" })
      )
      assert.strictEqual(own.status, 403, "an empty Sec-Fetch-Site is not absent")
    })
  })

  it("answers a request whose headers do not come, and keeps connections for longer than a proxy does", async () => {
    const { afterMs, answer } = await slow
    assert.match(answer, /^HTTP\/1.1 408 /)
    // Five seconds, and what it takes to look.
    assert.isBelow(afterMs, 9_000)
    assert.strictEqual((await page("/sign-in")).headers.get("keep-alive"), "timeout=65")
  })

  it("says 502 when the control plane breaks off, and 503 on API and pages when it is away", async () => {
    dashboard.script((request) => request.socket.destroy())
    assert.strictEqual((await page("/api/v1/x")).status, 502)
    await dashboard.loseControlPlane()
    const api = await page("/api/v1/x")
    assert.strictEqual(api.status, 503)
    assert.strictEqual(api.headers.get("content-type"), "application/problem+json")
    assert.strictEqual(api.headers.get("retry-after"), "5")
    const app = await page("/", "s=1")
    assert.strictEqual(app.status, 503)
    assert.include(await app.text(), "The control plane can't be reached")
  })
})
