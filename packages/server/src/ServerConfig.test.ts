import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import * as ServerConfig from "./ServerConfig.ts"
import { toOptions } from "./SiteConfig.ts"

const load = (environment: Record<string, string>) =>
  Effect.provideService(ServerConfig.load, ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(environment))

describe("the settings of a control plane", () => {
  it.effect("have defaults, also for values that are empty", () =>
    Effect.gen(function* () {
      const config = yield* load({ OPENSEER_PORT: "", OPENSEER_CLUSTER_TOKEN: "", DATABASE_URL: "" })
      assert.deepInclude(ServerConfig.printable(config), {
        database: "embedded",
        listen: "http://127.0.0.1:8080",
        clusterToken: "not set",
        logLevel: "Info",
        otlp: "not set"
      })
    })
  )

  it.effect("take the log levels that the worker takes", () =>
    Effect.gen(function* () {
      for (const [name, level] of [
        ["trace", "Trace"],
        ["debug", "Debug"],
        ["info", "Info"],
        ["warning", "Warn"],
        ["error", "Error"]
      ] as const) {
        assert.strictEqual((yield* load({ OPENSEER_LOG_LEVEL: name })).logLevel, level)
      }
    })
  )

  it.effect("say which variable is wrong and what it must be, and never repeat a value", () =>
    Effect.gen(function* () {
      for (const [name, value] of [
        ["OPENSEER_PORT", "osk_secret"],
        ["OPENSEER_LOG_LEVEL", "osk_secret"],
        ["OPENSEER_LOG_FORMAT", "osk_secret"],
        ["OPENSEER_METRICS_PUBLIC", "osk_secret"],
        ["OPENSEER_RETENTION_RAW_DAYS", "0"],
        ["OPENSEER_DATABASE_API_CONNECTIONS", "0"],
        ["OPENSEER_DATABASE_WORKER_CONNECTIONS", "1.5"],
        ["OPENSEER_CLUSTER_TOKEN", "osk_secret"],
        ["OPENSEER_PUBLIC_URL", "osk_secret"],
        ["OPENSEER_PUBLIC_URL", "https://a.example/path"],
        ["OPENSEER_PUBLIC_URL", "http://openseer.example"],
        ["OPENSEER_REGISTRATION", "osk_secret"],
        ["OPENSEER_TRUSTED_PROXIES", "10.0.0.0/8, osk_secret"],
        ["OPENSEER_OIDC_ISSUER", "https://id.example"],
        ["OPENSEER_OIDC_JOIN_ROLE", "owner"]
      ] as const) {
        const { message } = yield* Effect.flip(load({ [name]: value }))
        assert.match(message, new RegExp(`^${name}:? \\S`))
        assert.notInclude(message, "osk_secret")
        assert.notInclude(message, "SchemaError")
      }
    })
  )

  it.effect("say where people are, in front of which proxies, and which provider they sign in with", () =>
    Effect.gen(function* () {
      const options = Effect.map(
        load({
          OPENSEER_PUBLIC_URL: "https://openseer.example/",
          OPENSEER_TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.1,2001:db8::1",
          OPENSEER_OIDC_ISSUER: "https://id.example/realm",
          OPENSEER_OIDC_CLIENT_ID: "openseer"
        }),
        ({ site }) => toOptions(site)
      )
      assert.deepStrictEqual(yield* options, {
        publicUrl: "https://openseer.example",
        registration: "invitation",
        insecureCookies: false,
        trustedProxies: ["10.0.0.0/8", "192.0.2.1", "2001:db8::1"],
        oidc: { issuer: "https://id.example/realm", clientId: "openseer", name: "id.example" }
      })
    })
  )

  it.effect("are printed without the password of the database and the userinfo of the collector", () =>
    Effect.gen(function* () {
      const printed = ServerConfig.printable(
        yield* load({
          DATABASE_URL: "postgres://app:hunter2@db.example/openseer?password=hunter2",
          OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:hunter2@otlp.example",
          OPENSEER_CLUSTER_TOKEN: "hunter2".repeat(10)
        })
      )
      assert.strictEqual(printed["database"], "postgres://app@db.example/openseer")
      assert.notInclude(JSON.stringify(printed), "hunter2")
    })
  )
})
