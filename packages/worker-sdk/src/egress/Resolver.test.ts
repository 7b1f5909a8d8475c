import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import * as NameServer from "../testing/NameServer.ts"
import { type Family, type Resolved, Resolver } from "./Resolver.ts"

const hosts = `
# comment
127.0.0.1  localhost
::1        localhost ip6-localhost
fd00::5    both.test
10.0.0.5   both.test Printer.test  # here, too
10.0.0.6   both.test
not-an-address x.test
`

const withHosts = (options: { readonly servers?: ReadonlyArray<string> } = {}) =>
  Resolver.layer(options).pipe(Layer.provide(FileSystem.layerNoop({ readFileString: () => Effect.succeed(hosts) })))

const query = (host: string, family: Family = "any") =>
  Effect.flatMap(Resolver, (resolver) =>
    Effect.callback<Resolved>((resume) => resolver.query(host, family, (resolved) => resume(Effect.succeed(resolved))))
  )

describe("Resolver", () => {
  it.effect("knows literals, localhost names and the hosts file without asking anybody", () =>
    Effect.gen(function* () {
      const { known } = yield* Resolver
      assert.deepStrictEqual(known("192.0.2.1"), ["192.0.2.1"])
      assert.deepStrictEqual(known("2001:db8::1"), ["2001:db8::1"])
      assert.deepStrictEqual(known("localhost"), ["127.0.0.1"])
      assert.deepStrictEqual(known("app.localhost."), ["127.0.0.1"])
      assert.deepStrictEqual(known("ip6-localhost"), ["::1"])
      assert.deepStrictEqual(known("printer.test"), ["10.0.0.5"])
      assert.deepStrictEqual(known("both.test"), ["10.0.0.5", "10.0.0.6"])
      assert.isUndefined(known("x.test"))
      assert.isUndefined(known("notlocalhost"))
    }).pipe(Effect.provide(withHosts()))
  )

  it.live("asks for IPv4 first, and for IPv6 only when there is none", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make((name) => ({
        addresses: name === "both.test" ? ["10.0.0.1", "10.0.0.2", "fd00::1"] : ["2001:db8::1"]
      }))
      const answers = Effect.all([query("both.test"), query("six.test")])
      const [both, six] = yield* Effect.provide(answers, withHosts({ servers: [names.address] }))
      assert.deepStrictEqual([...(both as ReadonlyArray<string>)].sort(), ["10.0.0.1", "10.0.0.2"])
      assert.deepStrictEqual(six, ["2001:db8::1"])
      assert.deepStrictEqual(
        names.questions.map(({ name, type }) => `${name} ${type}`),
        ["both.test A", "six.test A", "six.test AAAA"]
      )
    })
  )

  it.live("asks anew each time, whatever time to live the last answer had", () =>
    Effect.gen(function* () {
      let answers = 0
      const names = yield* NameServer.make(() => ({ addresses: [`10.0.0.${++answers}`] }))
      const twice = Effect.all([query("moving.test"), query("moving.test")])
      assert.deepStrictEqual(yield* Effect.provide(twice, withHosts({ servers: [names.address] })), [
        ["10.0.0.1"],
        ["10.0.0.2"]
      ])
    })
  )

  it.live("says what went wrong", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make((name) =>
        name === "gone.test" ? "nxdomain" : name === "broken.test" ? "servfail" : { addresses: [] }
      )
      const answers = Effect.all([query("gone.test"), query("broken.test"), query("empty.test")])
      assert.deepStrictEqual(yield* Effect.provide(answers, withHosts({ servers: [names.address] })), [
        { code: "ENOTFOUND" },
        { code: "ESERVFAIL" },
        { code: "ENODATA" }
      ])
    })
  )

  it.live("answers healthy names while others hang", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make((name) =>
        name.startsWith("dead") ? "silence" : { addresses: ["10.0.0.1"] }
      )
      const elapsed = Effect.gen(function* () {
        for (let i = 0; i < 8; i++) yield* Effect.forkChild(query(`dead${i}.test`), { startImmediately: true })
        const startedAt = performance.now()
        yield* Effect.all(
          Array.from({ length: 20 }, (_, i) => query(`healthy${i}.test`)),
          { concurrency: "unbounded" }
        )
        return performance.now() - startedAt
      })
      assert.isBelow(yield* Effect.provide(elapsed, withHosts({ servers: [names.address] })), 500)
    })
  )
})
