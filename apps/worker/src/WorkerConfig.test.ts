import { assert, describe, it } from "@effect/vitest"
import { Token } from "@openseer/core"
import { Effect, Redacted } from "effect"
import { availableParallelism } from "node:os"
import * as WorkerConfig from "./WorkerConfig.ts"

const enrollmentToken = Token.fromBytes("osen", new Uint8Array(40).fill(7))

const problemsOf = (environment: Record<string, string>) =>
  WorkerConfig.decode(environment).pipe(
    Effect.flip,
    Effect.map(({ message }) => message.split("\n"))
  )

describe("WorkerConfig", () => {
  it.effect("has a default for everything, and takes empty values for not set", () =>
    Effect.gen(function* () {
      const config = yield* WorkerConfig.decode({ OPENSEER_REGION: "", OPENSEER_CLUSTER_TOKEN: " " })
      assert.deepStrictEqual(config, {
        controlPlaneUrl: "http://127.0.0.1:8080",
        tokenFile: ".openseer/worker.json",
        concurrency: 256,
        shards: Math.max(1, availableParallelism() - 1),
        canaries: [],
        egressAllow: [],
        egressDeny: [],
        reenroll: false,
        logLevel: "Info",
        logFormat: "pretty",
        otel: undefined
      })
    })
  )

  it.effect("reads every variable", () =>
    Effect.gen(function* () {
      const { enrollmentToken: token, ...config } = yield* WorkerConfig.decode({
        OPENSEER_CONTROL_PLANE_URL: "https://openseer.example.com/",
        OPENSEER_CLUSTER_TOKEN: "a cluster token",
        OPENSEER_REGION: "us-east-1",
        OPENSEER_WORKER_TOKEN_FILE: "/var/lib/openseer/worker.json",
        OPENSEER_WORKER_CONCURRENCY: "64",
        OPENSEER_WORKER_SHARDS: "3",
        OPENSEER_WORKER_CANARIES: "192.0.2.1:443, [2001:db8::1]:53,one.example:80",
        OPENSEER_EGRESS_ALLOW: "10.1.0.0/16, *.corp.example:443",
        OPENSEER_EGRESS_DENY: "10.1.9.0/24,*:25",
        OPENSEER_WORKER_NAME: "rack 4",
        OPENSEER_WORKER_REENROLL: "true",
        OPENSEER_LOG_LEVEL: "debug",
        OPENSEER_LOG_FORMAT: "json",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=secret",
        UNRELATED: "x"
      })
      assert.strictEqual(Redacted.value(token!), "a cluster token")
      assert.deepStrictEqual(config, {
        controlPlaneUrl: "https://openseer.example.com",
        regionName: "us-east-1",
        tokenFile: "/var/lib/openseer/worker.json",
        concurrency: 64,
        shards: 3,
        canaries: [
          { host: "192.0.2.1", port: 443 },
          { host: "2001:db8::1", port: 53 },
          { host: "one.example", port: 80 }
        ],
        egressAllow: ["10.1.0.0/16", "*.corp.example:443"],
        egressDeny: ["10.1.9.0/24", "*:25"],
        name: "rack 4",
        reenroll: true,
        logLevel: "Debug",
        logFormat: "json",
        otel: {
          OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=secret"
        }
      })
    })
  )

  it.effect("tells all problems at once, each by its variable and without the value", () =>
    Effect.gen(function* () {
      const wrong = {
        OPENSEER_CONTROL_PLANE_URL: "ftp://value.example.com",
        OPENSEER_ENROLLMENT_TOKEN: `${enrollmentToken.slice(0, -1)}!`,
        OPENSEER_REGION: "Value 1",
        OPENSEER_WORKER_CONCURRENCY: "0",
        OPENSEER_EGRESS_ALLOW: "10.0.0.0/8,value.example.com/8",
        OPENSEER_EGRESS_DENY: "value.example.com:0",
        OPENSEER_WORKER_NAME: "value".repeat(30),
        OPENSEER_WORKER_REENROLL: "yes-value",
        OPENSEER_LOG_LEVEL: "value",
        OPENSEER_LOG_FORMAT: "value",
        OPENSEER_WORKER_CONCURENCY: "value"
      }
      const problems = yield* problemsOf(wrong)
      assert.deepStrictEqual(problems.map((problem) => problem.split(" ")[0]).sort(), Object.keys(wrong).sort())
      assert.notInclude(problems.join("\n"), "value.example.com")
      assert.notInclude(problems.join("\n"), enrollmentToken.slice(5, 30))
      assert.isTrue(problems.every((problem) => problem.endsWith(".")))
    })
  )

  it.effect("wants one way to enroll, and a region with the cluster token", () =>
    Effect.gen(function* () {
      const both = { OPENSEER_ENROLLMENT_TOKEN: enrollmentToken, OPENSEER_CLUSTER_TOKEN: "x", OPENSEER_REGION: "eu-1" }
      assert.match((yield* problemsOf(both))[0]!, /both set/)
      assert.match((yield* problemsOf({ OPENSEER_CLUSTER_TOKEN: "x" }))[0]!, /OPENSEER_REGION must be set/)
      assert.strictEqual((yield* WorkerConfig.decode({ OPENSEER_ENROLLMENT_TOKEN: enrollmentToken })).reenroll, false)
    })
  )

  it.effect("prints no secret", () =>
    Effect.gen(function* () {
      const config = yield* WorkerConfig.decode({
        OPENSEER_ENROLLMENT_TOKEN: enrollmentToken,
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=secret"
      })
      const text = JSON.stringify(WorkerConfig.redacted(config))
      assert.notInclude(text, enrollmentToken.slice(5))
      assert.notInclude(text, "secret")
      assert.include(text, "<redacted>")
    })
  )
})
