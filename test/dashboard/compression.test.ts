/**
 * What the dashboard's server compresses, part by part, and what it leaves as it is.
 */
import { once } from "node:events"
import { get, type IncomingMessage } from "node:http"
import { createGunzip, gunzipSync } from "node:zlib"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as DashboardProcess from "./DashboardProcess.ts"

const json = { "content-type": "application/json" }
const long = JSON.stringify({ items: Array.from({ length: 500 }, (_, n) => `item ${n}`) })

/** A request as its bytes are on the wire: `fetch` would decompress them. */
const ask = async (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET"
): Promise<IncomingMessage & { readonly bytes: Promise<Buffer> }> => {
  const request = get(url, { method, headers })
  const [answer] = (await once(request, "response")) as [IncomingMessage]
  const all = (async () => {
    const chunks: Array<Buffer> = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  })()
  return Object.assign(answer, { bytes: all })
}

/** What is shown of a page: before it stands the data, in the order in which it came. */
const shown = (text: string): string => /<body>.*<script /s.exec(text)?.[0] ?? assert.fail(text)

/** The headers that compression must leave alone, of those that are the same each time. */
const others = ({ headers }: IncomingMessage) => {
  const { "content-encoding": _, "content-security-policy": __, date: ___, ...rest } = headers
  return rest
}

describe("Compression by the dashboard's server", () => {
  let dashboard: DashboardProcess.DashboardProcess
  beforeAll(async () => {
    dashboard = await DashboardProcess.start()
  }, 180_000)
  afterAll(() => dashboard[Symbol.asyncDispose]())

  it("makes a page smaller, for whoever accepts it, and changes nothing else of it", async () => {
    dashboard.script((_, response) => response.writeHead(200, json).end(JSON.stringify({ needsSetup: false })))
    const plain = await ask(`${dashboard.url}/sign-in`)
    const small = await ask(`${dashboard.url}/sign-in`, { "accept-encoding": "br, gzip" })
    assert.strictEqual(small.headers["content-encoding"], "gzip")
    assert.notProperty(plain.headers, "content-encoding")
    for (const { headers } of [plain, small]) {
      assert.strictEqual(headers.vary, "accept-encoding")
      assert.notProperty(headers, "content-length")
    }
    const html = gunzipSync(await small.bytes).toString()
    assert.strictEqual(shown(html), shown((await plain.bytes).toString()))
    assert.isBelow((await small.bytes).length * 2, html.length)
    assert.deepStrictEqual(others(small), others(plain))
  })

  it("passes each part of an answer on as it comes", async () => {
    let send!: (text: string) => void
    dashboard.script((_, response) => {
      response.writeHead(200, json)
      send = (text) => response.write(text)
      send("[1")
    })
    const request = get(`${dashboard.url}/api/v1/parts`, { headers: { "accept-encoding": "gzip" } })
    const [answer] = (await once(request, "response")) as [IncomingMessage]
    assert.strictEqual(answer.headers["content-encoding"], "gzip")
    const text = answer.pipe(createGunzip())
    assert.strictEqual(String((await once(text, "data"))[0]), "[1")
    for (const part of [",2", ",3"]) {
      const next = once(text, "data")
      send(part)
      assert.strictEqual(String((await next)[0]), part)
    }
    request.destroy()
  })

  it("tells the control plane when a reader leaves, and ends what the control plane breaks off", async () => {
    const left = Promise.withResolvers<void>()
    dashboard.script((_, response) => {
      response.writeHead(200, json).write(long)
      response.on("close", left.resolve)
    })
    const accept = { "accept-encoding": "gzip" }
    const request = get(`${dashboard.url}/api/v1/x`, { headers: accept })
    const [leaving] = (await once(request, "response")) as [IncomingMessage]
    await once(leaving, "data")
    request.destroy()
    await left.promise
    let breakOff!: () => void
    dashboard.script((_, response) => {
      response.writeHead(200, json).write(long)
      breakOff = () => response.destroy()
    })
    const broken = await ask(`${dashboard.url}/api/v1/x`, accept)
    breakOff()
    const error = await broken.bytes.then(
      () => undefined,
      (reason: unknown) => reason
    )
    assert.instanceOf(error, Error)
  })

  it("leaves alone what is short, compressed, an event stream, of no body or not to be changed", async () => {
    const accept = { "accept-encoding": "gzip" }
    const rows: ReadonlyArray<readonly [what: string, body: string, headers: Record<string, string>]> = [
      ["short", "{}", { ...json, "content-length": "2" }],
      ["not to be changed", long, { ...json, "cache-control": "no-transform" }],
      ["a picture", long, { "content-type": "image/png" }],
      ["an event stream", `data: ${long}\n\n`, { "content-type": "text/event-stream; charset=utf-8" }]
    ]
    for (const [what, body, headers] of rows) {
      dashboard.script((_, response) => response.writeHead(200, headers).end(body))
      const answer = await ask(`${dashboard.url}/api/v1/x`, accept)
      assert.notProperty(answer.headers, "content-encoding", what)
      assert.strictEqual((await answer.bytes).toString(), body, what)
    }
    dashboard.script((_, response) => response.writeHead(304, json).end())
    const unchanged = await ask(`${dashboard.url}/api/v1/x`, accept)
    assert.deepStrictEqual([unchanged.statusCode, (await unchanged.bytes).length], [304, 0])
    assert.notProperty(unchanged.headers, "content-encoding")
  })

  it("says by HEAD that the answer varies, and keeps cookies apart", async () => {
    dashboard.script((_, response) => response.writeHead(200, { ...json, "set-cookie": ["a=1", "b=2"] }).end(long))
    const head = await ask(`${dashboard.url}/api/v1/x`, { "accept-encoding": "gzip" }, "HEAD")
    assert.strictEqual(head.headers.vary, "accept-encoding")
    assert.strictEqual((await head.bytes).length, 0)
    const answer = await ask(`${dashboard.url}/api/v1/x`, { "accept-encoding": "gzip" })
    assert.deepStrictEqual(answer.headers["set-cookie"], ["a=1", "b=2"])
    assert.strictEqual(gunzipSync(await answer.bytes).toString(), long)
  })

  it("compresses nothing that another site asked for, and no answer to a post", async () => {
    dashboard.script((_, response) => response.writeHead(200, json).end(long))
    const encoding = async (site: string, method = "GET") => {
      const headers = { "accept-encoding": "gzip", "sec-fetch-site": site }
      const answer = await ask(`${dashboard.url}/api/v1/x`, headers, method)
      await answer.bytes
      return answer.headers["content-encoding"]
    }
    assert.deepStrictEqual(
      await Promise.all(["same-origin", "none", "same-site", "cross-site"].map((site) => encoding(site))),
      ["gzip", "gzip", undefined, undefined]
    )
    assert.isUndefined(await encoding("same-origin", "POST"))
  })

  it("serves the files of the build as they were compressed with it", async () => {
    dashboard.script((_, response) => response.writeHead(200, json).end("{}"))
    const html = (await (await ask(`${dashboard.url}/sign-in`)).bytes).toString()
    const script = /"(\/_build\/assets\/solid-[^"]+\.js)"/.exec(html)?.[1] ?? assert.fail()
    for (const [accepted, encoding] of [
      ["gzip, br", "br"],
      ["gzip", "gzip"]
    ] as const) {
      const { headers } = await ask(dashboard.url + script, { "accept-encoding": accepted })
      assert.strictEqual(headers["content-encoding"], encoding)
      assert.strictEqual(headers.vary?.toLowerCase(), "accept-encoding")
      assert.match(headers["cache-control"] ?? "", /max-age=31536000.*immutable/)
    }
  })
})
