import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as EgressRule from "./EgressRule.ts"

const any = undefined

const rules: ReadonlyArray<readonly [text: string, rule: object]> = [
  ["10.0.0.0/8", { kind: "range", base: [0x0a00, 0], prefix: 8, port: any }],
  ["10.0.0.0/8:443", { kind: "range", base: [0x0a00, 0], prefix: 8, port: 443 }],
  ["192.0.2.7", { kind: "range", base: [0xc000, 0x0207], prefix: 32, port: any }],
  [" 192.0.2.7:25 ", { kind: "range", base: [0xc000, 0x0207], prefix: 32, port: 25 }],
  ["::/0", { kind: "range", base: [0, 0, 0, 0, 0, 0, 0, 0], prefix: 0, port: any }],
  ["fd00::/8:443", { kind: "range", base: [0xfd00, 0, 0, 0, 0, 0, 0, 0], prefix: 8, port: 443 }],
  ["[fd00::/8]:443", { kind: "range", base: [0xfd00, 0, 0, 0, 0, 0, 0, 0], prefix: 8, port: 443 }],
  ["fd00::5", { kind: "range", base: [0xfd00, 0, 0, 0, 0, 0, 0, 5], prefix: 128, port: any }],
  ["[fd00::5]:80", { kind: "range", base: [0xfd00, 0, 0, 0, 0, 0, 0, 5], prefix: 128, port: 80 }],
  ["db.internal", { kind: "name", name: "db.internal", isSuffix: false, port: any }],
  ["DB.Internal.:5432", { kind: "name", name: "db.internal", isSuffix: false, port: 5432 }],
  ["*.corp.example:443", { kind: "name", name: "corp.example", isSuffix: true, port: 443 }],
  ["bücher.example", { kind: "name", name: "xn--bcher-kva.example", isSuffix: false, port: any }],
  ["localhost:8080", { kind: "name", name: "localhost", isSuffix: false, port: 8080 }],
  ["self", { kind: "self", port: any }],
  ["*", { kind: "any", port: any }],
  ["*:25", { kind: "any", port: 25 }]
]

const wrong: ReadonlyArray<readonly [text: string, problem: string]> = [
  ["", "not a range"],
  ["10.0.0.0/33", "whole number from 0 to 32"],
  ["fd00::/129", "whole number from 0 to 128"],
  ["10.1.2.3/8", "bits behind its prefix"],
  ["10.1/16", "not a range"],
  ["127.1", "not a range"],
  ["0x7f.1", "not a range"],
  ["2130706433", "not a range"],
  ["10.0.0.0/8/8", "not a range"],
  ["localhost/8", "not a range"],
  ["::ffff:10.0.0.0/104", "write the range of IPv4"],
  ["fe80::1%eth0", "not a range"],
  ["[fd00::5", "not a range"],
  ["example.com:0", "port"],
  ["example.com:65536", "port"],
  ["example.com:http", "port"],
  ["10.0.0.0/8:", "port"],
  ["*example.com", "not a range"],
  ["a.*.example.com", "not a range"],
  ["http://example.com", "port"],
  ["a..b", "not a range"],
  ["user@example.com", "not a range"]
]

describe("EgressRule", () => {
  it.each(rules)("reads %s", (text, rule) => {
    assert.deepStrictEqual(EgressRule.parse(text) as object, rule)
    assert.isTrue(Schema.is(EgressRule.EgressRule)(text))
  })

  it.each(wrong)("says what is wrong with %s: %s, without quoting it", (text, problem) => {
    const parsed = EgressRule.parse(text)
    assert.include("problem" in parsed ? parsed.problem : "", problem)
    assert.isFalse(Schema.is(EgressRule.EgressRule)(text))
  })
})
