import { assert, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { type OpenStream, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import * as TestPerson from "../testing/TestPerson.ts"
import { sessionStreamsMax } from "./EventsHttp.ts"
import { anonymousRequestsPerMinuteDefault as anonymousPerMinute } from "./RateLimit.ts"

/** So few that a test needs few, and fill so slowly that none comes while it runs. */
const perMinute = 5

layer(TestApi.layerWith([], perMinute), { excludeTestServices: true })("how often", (it) => {
  it.effect("a key and a session may come is limited for each, and 429 says when to come again", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const person = yield* TestPerson.make(organizationKey)
      const [key, other] = [yield* newKey(organizationKey, "read"), yield* newKey(organizationKey, "read")]
      for (const [credential, path] of [
        [{ key }, "/api/v1/regions"],
        [TestPerson.as(person), "/api/v1/regions"]
      ] as const) {
        for (let i = 0; i < perMinute; i++) assert.strictEqual((yield* call("GET", path, credential)).status, 200)
        const refused = yield* call("GET", path, credential)
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.headers.get("content-type"), "application/problem+json")
        const seconds = Number(refused.headers.get("retry-after"))
        assert.isTrue(seconds >= 1 && seconds <= 60 / perMinute, String(seconds))
        assert.strictEqual(refused.json.retryAfterSeconds, seconds)
      }
      const account = yield* call("GET", "/api/v1/account", TestPerson.as(person))
      assert.strictEqual(account.status, 429, "the same session")
      assert.strictEqual((yield* call("GET", "/api/v1/regions", { key: other })).status, 200)
    })
  )

  it.effect("an address may come with a credential that is none is limited, for all of an IPv6 network at once", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const session = { cookie: `__Host-openseer=${"x".repeat(43)}`, "sec-fetch-site": "same-origin" }
      let n = 0
      const asks = [
        () => ["/api/v1/regions", { headers: session }] as const,
        () => ["/api/v1/account", { headers: session }] as const,
        () => ["/api/v1/regions", { key: "osk_none" }] as const,
        () => ["/api/v1/auth/options", {}] as const
      ]
      const ask = Effect.suspend(() => {
        const [path, details] = asks[n % asks.length]!()
        return call("GET", path, { ...details, address: `2001:db8:0:1::${(n++).toString(16)}` })
      })
      for (let i = 0; i < anonymousPerMinute; i++) assert.notStrictEqual((yield* ask).status, 429)
      // The bucket fills by one a second while all of them ask.
      const more = yield* Effect.all(Array.from({ length: 8 }, () => ask))
      assert.isAtLeast(more.filter(({ status }) => status === 429).length, 4)
      assert.isTrue(more.every(({ headers, status }) => status !== 429 || headers.get("retry-after") === "1"))
      const key = yield* newKey(organizationKey, "read")
      const address = "2001:db8:0:1::1"
      assert.strictEqual((yield* call("GET", "/api/v1/regions", { key, address })).status, 200, "with a valid one")
      assert.strictEqual((yield* call("GET", "/api/v1/regions", { address: "2001:db8:0:2::1" })).status, 401)
    })
  )

  it.effect("an address may come to where nobody needs a credential is limited, and no other suffers from it", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const options = (address: string, headers: Record<string, string> = {}) =>
        call("GET", "/api/v1/auth/options", { address, headers })
      /** Asks until it is refused; answers how often it was not. The bucket fills by one a second while it asks. */
      const untilRefused = Effect.fnUntraced(function* (ask: ReturnType<typeof options>) {
        const startedAt = performance.now()
        let admitted = 0
        for (;;) {
          const answer = yield* ask
          if (answer.status === 429) {
            assert.strictEqual(answer.headers.get("retry-after"), "1")
            return { admitted, seconds: (performance.now() - startedAt) / 1_000 }
          }
          assert.strictEqual(answer.status, 200)
          admitted += 1
        }
      })
      // Who is no proxy of ours may say what they want.
      let n = 0
      const spoofing = Effect.suspend(() => options("192.0.2.1", { "x-forwarded-for": `198.51.100.${n++ % 250}` }))
      const { admitted, seconds } = yield* untilRefused(spoofing)
      assert.isAtLeast(admitted, anonymousPerMinute)
      assert.isAtMost(admitted, anonymousPerMinute + seconds + 1)
      assert.strictEqual((yield* options("192.0.2.2")).status, 200)
      // Of our own proxy it is the one that it forwards for.
      const proxied = yield* untilRefused(options("127.0.0.1", { "x-forwarded-for": "192.0.2.1" }))
      assert.isAtMost(proxied.admitted, seconds + proxied.seconds + 10)
      assert.strictEqual((yield* options("127.0.0.1", { "x-forwarded-for": "192.0.2.3" })).status, 200)
    })
  )
})

layer(TestApi.layer, { excludeTestServices: true })("event streams", (it) => {
  it.effect(`are ${sessionStreamsMax} of a session at most, and as many again when some are closed`, () =>
    Effect.gen(function* () {
      const { call, open } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const [person, other] = [yield* TestPerson.make(organizationKey), yield* TestPerson.make(organizationKey)]
      const stream = (who: TestPerson.TestPerson) =>
        Effect.flatMap(open("/api/v1/events", TestPerson.as(who)), Effect.fromOption)
      const streams: Array<OpenStream> = []
      for (let i = 0; i < sessionStreamsMax; i++) streams.push(yield* stream(person))
      const refused = yield* call("GET", "/api/v1/events", TestPerson.as(person))
      assert.strictEqual(refused.status, 429)
      assert.strictEqual(refused.headers.get("retry-after"), "5")
      yield* (yield* stream(other)).close
      yield* streams[0]!.close
      const again = yield* Effect.retry(stream(person), { times: 100, schedule: Schedule.spaced("20 millis") })
      for (const { close } of [...streams.slice(1), again]) yield* close
    })
  )
})
