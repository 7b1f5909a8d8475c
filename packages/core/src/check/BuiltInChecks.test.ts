import { assert, describe, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import { builtInChecks } from "./BuiltInChecks.ts"
import { DnsCheck } from "./DnsCheck.ts"
import { Host, toAscii } from "./Host.ts"
import { HttpCheck } from "./HttpCheck.ts"
import { TcpCheck } from "./TcpCheck.ts"
import { WebSocketCheck } from "./WebSocketCheck.ts"

const strict = { errors: "all", onExcessProperty: "error" } as const

describe("each built-in check type", () => {
  for (const type of builtInChecks) {
    it(`${type.kind} accepts its own example, which survives being stored`, () => {
      const decoded = Schema.decodeUnknownSync(type.spec, strict)(type.example)
      const stored = JSON.parse(JSON.stringify(Schema.encodeUnknownSync(type.spec)(decoded)))
      assert.deepStrictEqual(Schema.encodeUnknownSync(type.spec)(Schema.decodeUnknownSync(type.spec)(stored)), stored)
      assert.isNotEmpty(type.target(decoded))
    })

    it(`${type.kind} describes every field of its spec`, () => {
      const { definitions, schema } = Schema.toJsonSchemaDocument(type.spec, { onExcessProperty: "error" })
      const name = String(schema["$ref"]).replace("#/$defs/", "")
      const spec = definitions[name] as { readonly properties: Record<string, { readonly $ref?: string }> }
      for (const [field, property] of Object.entries(spec.properties)) {
        const described = property.$ref === undefined ? property : definitions[property.$ref.replace("#/$defs/", "")]
        assert.property(described, "description", field)
      }
    })
  }
})

const refused = (schema: Schema.Codec<unknown, unknown>, input: unknown): string => {
  const exit = Schema.decodeUnknownExit(schema, strict)(input)
  return Exit.isSuccess(exit)
    ? "accepted"
    : String(exit.cause.reasons.map((reason) => ("error" in reason ? reason.error : "")))
}

describe("a host", () => {
  const hosts: ReadonlyArray<readonly [host: string, ascii: string]> = [
    ["example.com", "example.com"],
    ["EXAMPLE.com", "example.com"],
    ["example.com.", "example.com."],
    ["localhost", "localhost"],
    ["münchen.example", "xn--mnchen-3ya.example"],
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"]
  ]
  it.each(hosts)("may be %s, which is dialled as %s", (host, ascii) => {
    assert.isTrue(Schema.is(Host)(host))
    assert.strictEqual(toAscii(host), ascii)
  })

  it.each(["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "１２７.0.0.1", "0"])("is asked for in full: %s", (host) => {
    assert.include(refused(Host, host), "write the address in full")
  })

  it.each([
    "",
    " ",
    "a b",
    "a/b",
    "a@b",
    "a:80",
    "[::1]",
    "fe80::1%eth0",
    "a\\b",
    "a?b",
    "a#b",
    "%31",
    "1.2.3.4.5",
    "a\nb"
  ])("is never %j", (host) => {
    assert.include(refused(Host, host), "must be a host name or an IP address")
  })
})

describe("specs refuse what can't be meant, and say why", () => {
  const url = "https://example.com/"
  const table: ReadonlyArray<readonly [Schema.Codec<unknown, unknown>, unknown, string]> = [
    [HttpCheck.spec, { url: "/relative" }, "must be an absolute URL"],
    [HttpCheck.spec, { url: "ftp://example.com" }, "must start with http:// or https://"],
    [HttpCheck.spec, { url: "https://u:p@example.com" }, "use auth"],
    [HttpCheck.spec, { url: `${url}#part` }, "must not have a fragment"],
    [HttpCheck.spec, { url, headers: { host: "x" } }, "host is set by the check itself"],
    [HttpCheck.spec, { url, headers: { "a b": "x" } }, "is not a header name"],
    [HttpCheck.spec, { url, headers: { a: "x\r\nb: y" } }, "must be printable ASCII"],
    [HttpCheck.spec, { url, headers: { a: { secret: "ü" } } }, "must be printable ASCII"],
    [HttpCheck.spec, { url, auth: { basic: { username: "a:b", password: { secret: "p" } } } }, "must not hold a colon"],
    [HttpCheck.spec, { url, auth: { bearer: { secret: "a b" } } }, "must be printable ASCII without spaces"],
    [HttpCheck.spec, { url, auth: { basic: { username: "a", password: "clear" } } }, "password"],
    [HttpCheck.spec, { url, tls: { ca: "not PEM" } }, "must be certificates in PEM"],
    [HttpCheck.spec, { url, tls: { verify: "maybe" } }, "verify"],
    [HttpCheck.spec, { url, proxy: { url: "socks5://example.com" } }, "must start with http:// or https://"],
    [HttpCheck.spec, { url, redirectsMax: 11 }, "redirectsMax"],
    [HttpCheck.spec, { url, phaseTimeoutsMs: { dns: 0 } }, "dns"],
    [HttpCheck.spec, { url, retries: 3 }, "retries"],
    [TcpCheck.spec, { host: "example.com", port: 0 }, "port"],
    [TcpCheck.spec, { host: "example.com", port: 25, dialogue: [{ expect: "(?=a)" }] }, "expect"],
    [
      TcpCheck.spec,
      { host: "example.com", port: 25, dialogue: Array.from({ length: 17 }, () => ({ send: "" })) },
      "at most 16 steps"
    ],
    [DnsCheck.spec, { name: "a..b" }, "must be a domain name"],
    [DnsCheck.spec, { name: `${"x".repeat(64)}.com` }, "must be a domain name"],
    [DnsCheck.spec, { name: "example.com", type: "AXFR" }, "type"],
    [WebSocketCheck.spec, { url }, "must start with ws:// or wss://"],
    [WebSocketCheck.spec, { url: "wss://example.com", subprotocols: ["a b"] }, "is not a subprotocol name"]
  ]
  for (const [schema, input, problem] of table) {
    it(`${JSON.stringify(input).slice(0, 90)}: ${problem}`, () => {
      const said = refused(schema, input)
      assert.include(said, problem)
      assert.notInclude(said, "clear")
    })
  }
})
