import { assert, describe, it } from "@effect/vitest"
import { BuiltInChecks } from "@openseer/core"
import { Exit, Schema } from "effect"
import { type CheckTarget, forms, parse } from "./CheckTarget.ts"

const targets: ReadonlyArray<readonly [text: string, expected: CheckTarget | undefined]> = [
  ["https://example.com/a?b=c", { kind: "http", spec: { url: "https://example.com/a?b=c" } }],
  ["HTTP://example.com", { kind: "http", spec: { url: "HTTP://example.com" } }],
  ["tcp://db.example.com:5432", { kind: "tcp", spec: { host: "db.example.com", port: 5432 } }],
  ["tcp://[2001:db8::1]:22", { kind: "tcp", spec: { host: "2001:db8::1", port: 22 } }],
  ["tls://example.com", { kind: "tls", spec: { host: "example.com" } }],
  ["dns:example.com", { kind: "dns", spec: { name: "example.com" } }],
  ["dns:example.com?type=mx", { kind: "dns", spec: { name: "example.com", type: "MX" } }],
  [
    "dns://192.0.2.53:5353/example.com?type=NS",
    { kind: "dns", spec: { name: "example.com", type: "NS", server: { host: "192.0.2.53", port: 5353 } } }
  ],
  ["ping:192.0.2.1", { kind: "icmp", spec: { host: "192.0.2.1" } }],
  ["icmp://2001:db8::1", { kind: "icmp", spec: { host: "2001:db8::1" } }],
  ["wss://example.com/s", { kind: "websocket", spec: { url: "wss://example.com/s" } }],
  ["grpc://a.test:50051", { kind: "grpc", spec: { host: "a.test", port: 50051, service: "", encryption: "none" } }],
  ["grpcs://a.test:443/p.S", { kind: "grpc", spec: { host: "a.test", port: 443, service: "p.S", encryption: "tls" } }],
  ["example.com", undefined],
  ["nowhere", undefined],
  ["file:///etc/passwd", undefined]
]

describe("a target on the command line", () => {
  for (const [text, expected] of targets) {
    it(`${text} is ${expected === undefined ? "none" : `of kind ${expected.kind}`}`, () => {
      assert.deepStrictEqual(parse(text), expected)
    })
  }

  it("of each form that the help shows is one that its check type accepts", () => {
    for (const form of forms) {
      const { kind, spec } = parse(form)!
      const type = BuiltInChecks.builtInChecks.find((candidate) => candidate.kind === kind)!
      assert.isTrue(Exit.isSuccess(Schema.decodeUnknownExit(type.spec)(spec)), form)
    }
  })
})
