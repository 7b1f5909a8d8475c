import { NodeHttpServer } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"
import { connect } from "node:net"
import { TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import * as ApiHttp from "./ApiHttp.ts"

const Served = HttpRouter.serve(ApiHttp.layer({ metricsPublic: true }), { disableLogger: true }).pipe(
  Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })),
  Layer.provideMerge(TestApi.layer)
)

/** Sends bytes as they are and answers all that comes back until the server closes the connection. */
const exchange = (text: string) =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const port = "port" in address ? address.port : 0
    return yield* Effect.callback<string>((resume) => {
      let received = ""
      const socket = connect(port, "127.0.0.1", () => socket.write(text))
      socket.setEncoding("latin1")
      const done = () => resume(Effect.succeed(received))
      socket.on("data", (chunk) => {
        received += chunk
      })
      socket.on("close", done)
      socket.on("error", done)
      return Effect.sync(() => socket.destroy())
    })
  })

const request = (head: ReadonlyArray<string>, body = "") =>
  exchange([...head, "Host: localhost", "Connection: close", "", body].join("\r\n"))

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])

layer(Served, { excludeTestServices: true })("the API on a real socket", (it) => {
  const setup = Effect.gen(function* () {
    const { newKey } = yield* TestApi
    const { organizationKey, rows } = yield* TestInstance
    return { authorization: `Authorization: Bearer ${yield* newKey(organizationKey, "write")}`, rows }
  })

  it.effect("creates a monitor from a chunked body", () =>
    Effect.gen(function* () {
      const { authorization } = yield* setup
      const body = JSON.stringify({ name: "m", spec: { url: "https://a.example/" } })
      const answer = yield* request(
        [
          "POST /api/v1/monitors HTTP/1.1",
          authorization,
          "Content-Type: application/json",
          "Transfer-Encoding: chunked"
        ],
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      )
      assert.strictEqual(status(answer), 201, answer)
      assert.match(answer, /\r\nlocation: \/api\/v1\/monitors\/mon_/i)
    })
  )

  it.effect("cuts off a chunked body that goes on beyond 64 kB, and tells why", () =>
    Effect.gen(function* () {
      const { authorization, rows } = yield* setup
      const before = (yield* rows("select from app.monitors")).length
      const chunk = `4000\r\n${" ".repeat(0x4000)}\r\n`
      const answer = yield* request(
        [
          "POST /api/v1/monitors HTTP/1.1",
          authorization,
          "Content-Type: application/json",
          "Transfer-Encoding: chunked"
        ],
        chunk.repeat(8)
      )
      assert.strictEqual(status(answer), 413, answer)
      assert.include(answer, "urn:openseer:problem:payload-too-large")
      assert.strictEqual((yield* rows("select from app.monitors")).length, before)
    })
  )

  it.effect("reads no body of whoever has no valid key", () =>
    Effect.gen(function* () {
      const answer = yield* request([
        "POST /api/v1/monitors HTTP/1.1",
        "Content-Type: application/json",
        "Content-Length: 60000"
      ])
      assert.strictEqual(status(answer), 401)
    })
  )

  it.effect("refuses a body without a content type, and one that is too long by its own word", () =>
    Effect.gen(function* () {
      const { authorization } = yield* setup
      const post = ["POST /api/v1/monitors HTTP/1.1", authorization]
      assert.strictEqual(status(yield* request([...post, "Content-Length: 2"], "{}")), 415)
      const long = [...post, "Content-Type: application/json", "Content-Length: 70000"]
      assert.strictEqual(status(yield* request(long)), 413)
    })
  )

  it.effect("does not take TRACE, a method that it does not know, or one in lower case", () =>
    Effect.gen(function* () {
      for (const method of ["TRACE", "PROPFIND"]) {
        const answer = yield* request([`${method} /api/v1/monitors HTTP/1.1`])
        assert.include([404, 405], status(answer), answer)
      }
      assert.strictEqual(status(yield* request(["get /api/v1/monitors HTTP/1.1"])), 400)
    })
  )

  it.effect("answers HEAD as GET without a body", () =>
    Effect.gen(function* () {
      const { authorization } = yield* setup
      const answer = yield* request(["HEAD /api/v1/monitors HTTP/1.1", authorization])
      assert.strictEqual(status(answer), 200)
      assert.strictEqual(answer.split("\r\n\r\n")[1], "")
    })
  )

  it.effect("sends metrics to anybody when the operator says so", () =>
    Effect.gen(function* () {
      assert.strictEqual(status(yield* request(["GET /metrics HTTP/1.1"])), 200)
    })
  )
})
