import { assert, describe, it } from "@effect/vitest"
import { DateTime, Exit, Schema } from "effect"
import fc from "fast-check"
import { type Assertion, AssertionInput, Comparison, comparisonsOf, sources } from "./Assertion.ts"
import type { AssertionSource } from "./AssertionSource.ts"
import * as CompiledAssertion from "./CompiledAssertion.ts"
import * as Judgement from "./Judgement.ts"
import { noPhases, type Observed } from "./Observation.ts"
import * as Secret from "./Secret.ts"
import { Subject } from "./Subject.ts"

const now = Date.UTC(2026, 0, 15)
const hourMs = 3_600_000

/** There is no value. */
const absent = Symbol("absent")
type Value = Schema.Json | typeof absent

const base: Observed = { totalUs: 20_000, phases: noPhases }

const certificate = (hoursLeft: number) => ({
  subject: "shop.example",
  names: [],
  issuer: "CA",
  validFrom: DateTime.makeUnsafe(0),
  validTo: DateTime.makeUnsafe(now + hoursLeft * hourMs),
  keyType: "EC P-256",
  fingerprint256: ""
})

const dnsOf = (rcode: string, answers: Schema.Json) => ({
  server: "192.0.2.1",
  rcode,
  answers: (answers as ReadonlyArray<string>).map((data) => ({
    type: data.includes(":") ? "AAAA" : "A",
    data,
    ttlS: 60
  }))
})

/** An observation in which a source has a value; of a certificate in hours, of JSON as the text of the body. */
const seeing: Record<AssertionSource, (value: never) => Partial<Observed>> = {
  status: (statusCode: number) => ({ statusCode }),
  header: (value: string) => ({ content: { headers: { "x-test": value } } }),
  body: (body: string) => ({ content: { body } }),
  json: (value: Schema.Json) => ({ content: { body: JSON.stringify({ v: value }) } }),
  responseTimeMs: (ms: number) => ({ totalUs: ms * 1_000 }),
  phaseMs: (ms: number) => ({ phases: { ...noPhases, ttfbUs: ms * 1_000 } }),
  sizeBytes: (sizeBytes: number) => ({ sizeBytes }),
  certificateDaysLeft: (hours: number) => ({ tls: { version: "", cipher: "", chain: [certificate(hours)] } }),
  redirectTarget: (redirectTarget: string) => ({ redirectTarget }),
  protocol: (protocol: string) => ({ protocol }),
  tlsVersion: (version: string) => ({ tls: { version, cipher: "", chain: [] } }),
  address: (address: string) => ({ address }),
  dnsAnswers: (answers: Schema.Json) => ({ dns: dnsOf("NOERROR", answers) }),
  dnsRcode: (rcode: string) => ({ dns: dnsOf(rcode, []) }),
  banner: (banner: string) => ({ content: { banner } }),
  detail: (v: Schema.Json) => ({ detail: { v } })
}

const propertyOf: Partial<Record<AssertionSource, string>> = {
  header: "X-Test",
  json: "$.v",
  detail: "$.v",
  phaseMs: "ttfb"
}

type Row = readonly [
  source: AssertionSource,
  comparison: Comparison,
  expected: Schema.Json | undefined,
  holds: ReadonlyArray<Value>,
  fails: ReadonlyArray<Value>,
  property?: string
]

const none = undefined

/** Each value is a case: what is expected of it, and whether the assertion holds. */
const table: ReadonlyArray<Row> = [
  ["status", "equals", 200, [200], [201, 199, absent]],
  ["status", "notEquals", 500, [200, 501], [500, absent]],
  ["status", "greaterThan", 199, [200, 599], [199, 100, absent]],
  ["status", "lessThan", 400, [399, 100], [400, 500, absent]],
  ["status", "between", [200, 399], [200, 301, 399], [199, 400, absent]],
  ["status", "between", [200, 200], [200], [199, 201]],
  ["status", "oneOf", [200, 204, 301], [200, 204, 301], [302, 0, absent]],
  ["status", "exists", none, [200, 500], [absent]],
  ["status", "notExists", none, [absent], [200]],
  ["responseTimeMs", "lessThan", 100, [99.999, 0], [100, 100.001]],
  ["responseTimeMs", "greaterThan", 0.5, [0.501, 10], [0.5, 0]],
  ["responseTimeMs", "between", [0, 20], [0, 20], [20.001]],
  ["phaseMs", "lessThan", 50, [0, 49.9], [50]],
  ["phaseMs", "equals", 0, [0], [0.001]],
  ["sizeBytes", "greaterThan", 0, [1], [0, absent]],
  ["sizeBytes", "between", [10, 1_000_000], [10, 1_000_000], [9, 1_000_001, absent]],
  ["sizeBytes", "equals", 0, [0], [1, absent]],
  ["certificateDaysLeft", "greaterThan", 14, [15 * 24, 400 * 24], [14 * 24, 15 * 24 - 1, -1, absent]],
  ["certificateDaysLeft", "equals", 0, [0, 1, 23], [24, -1]],
  ["certificateDaysLeft", "equals", -1, [-1, -24], [-25, 0]],
  ["certificateDaysLeft", "exists", none, [1], [absent]],
  ["header", "equals", "text/html", ["text/html"], ["Text/html", "text/html ", "", absent]],
  ["header", "equals", 60, ["60", "60.0", " 60 ", "6e1", "+60"], ["61", "60s", "0x3c", "", absent]],
  ["header", "notEquals", "gzip", ["br", "", "GZIP"], ["gzip", absent]],
  ["header", "notEquals", 60, ["61", "sixty", ""], ["60", "060", absent]],
  ["header", "greaterThan", 10, ["11", "1e2", " 10.5"], ["10", "9", "eleven", "11s", "", "1_1", "Infinity", absent]],
  ["header", "lessThan", 10, ["9", "-5", ".5", "9."], ["10", "", "x", "NaN", "-", absent]],
  ["header", "between", [1, 5], ["1", "5", "2.5"], ["0.99", "5.01", "three", absent]],
  ["header", "contains", "json", ["application/json", "json", "xjsonx"], ["JSON", "js on", "", absent]],
  ["header", "notContains", "php", ["express", ""], ["php/8", "x-php", absent]],
  ["header", "matches", "^nginx/1\\.2[0-9]$", ["nginx/1.20", "nginx/1.29"], ["nginx/1.2", "xnginx/1.20", "", absent]],
  ["header", "matches", "(?i)NGINX", ["nginx", "a Nginx b"], ["apache", absent]],
  ["header", "notMatches", "^\\s*$", ["x"], ["", "  ", absent]],
  ["header", "exists", none, ["", "x"], [absent]],
  ["header", "notExists", none, [absent], ["", "x"]],
  ["header", "empty", none, [""], [" ", "x", absent]],
  ["header", "notEmpty", none, ["x", " "], ["", absent]],
  ["header", "count", 3, ["abc", "ä漢🎉"], ["ab", "abcd", "", absent]],
  ["header", "oneOf", ["br", "gzip", 7], ["br", "gzip", "7", "7.0"], ["zstd", "", "8", absent]],
  ["header", "exists", none, [], ["x"], "constructor"],
  ["header", "exists", none, [], ["x"], "__proto__"],
  ["body", "equals", "ok", ["ok"], ["ok\n", "OK", "", absent]],
  ["body", "contains", "Welcome", ["<h1>Welcome</h1>", "Welcome"], ["welcome", "", absent]],
  ["body", "contains", "🎉", ["x🎉y"], ["\ud83c", "x", absent]],
  ["body", "notContains", "Fatal error", ["fine", ""], ["PHP Fatal error: x", absent]],
  ["body", "matches", "^(a+)+$", ["a", "aaaa"], ["aaab", "", absent]],
  ["body", "matches", "(?s)start.*end", ["start\n\nend"], ["end start", absent]],
  ["body", "matches", "start.*end", ["start end"], ["start\nend", absent]],
  ["body", "matches", "(?m)^line2$", ["line1\nline2\nline3"], ["line22", absent]],
  ["body", "matches", "\\p{Greek}+", ["λόγος"], ["logos", absent]],
  ["body", "matches", "^.$", ["a", "🎉", "\ud800"], ["ab", "", absent]],
  ["body", "notMatches", "error|panic", ["fine", ""], ["an error", "panic!", absent]],
  ["body", "empty", none, [""], [" ", "0", absent]],
  ["body", "notEmpty", none, ["0"], ["", absent]],
  ["body", "count", [1, 3], ["a", "abc"], ["", "abcd", absent]],
  ["body", "count", 0, [""], ["a", absent]],
  ["body", "greaterThan", 41, ["42", "42\n"], ["41", "answer: 42", absent]],
  ["body", "equals", "true", ["true"], ["True", absent]],
  ["redirectTarget", "equals", "https://b.example/", ["https://b.example/"], ["https://b.example", absent]],
  ["redirectTarget", "matches", "^https://", ["https://b.example/"], ["http://b.example/", absent]],
  ["redirectTarget", "notExists", none, [absent], ["https://b.example/"]],
  ["protocol", "equals", "HTTP/2", ["HTTP/2"], ["HTTP/1.1", absent]],
  ["protocol", "oneOf", ["HTTP/1.1", "HTTP/2"], ["HTTP/1.1", "HTTP/2"], ["HTTP/3", absent]],
  ["tlsVersion", "equals", "TLSv1.3", ["TLSv1.3"], ["TLSv1.2", absent]],
  ["address", "matches", "^192\\.0\\.2\\.", ["192.0.2.1"], ["192.0.3.1", absent]],
  ["dnsRcode", "equals", "NXDOMAIN", ["NXDOMAIN"], ["NOERROR", absent]],
  ["banner", "matches", "^220 .*ESMTP", ["220 mail ESMTP"], ["554 no", "", absent]],
  ["banner", "contains", "OpenSSH", ["SSH-2.0-OpenSSH_9"], ["SSH-2.0-dropbear", absent]],
  ["dnsAnswers", "contains", "192.0.2.1", [["192.0.2.1"], ["192.0.2.9", "192.0.2.1"]], [["192.0.2.10"], [], absent]],
  ["dnsAnswers", "notContains", "192.0.2.1", [["192.0.2.2"], []], [["192.0.2.1", "192.0.2.2"], absent]],
  [
    "dnsAnswers",
    "equals",
    ["a", "b"],
    [
      ["a", "b"],
      ["b", "a"]
    ],
    [["a"], ["a", "b", "c"], ["a", "a"], [], absent]
  ],
  ["dnsAnswers", "notEquals", ["a"], [["b"], []], [["a"], absent]],
  ["dnsAnswers", "matches", "^10\\.", [["10.0.0.1"], ["1.1.1.1", "10.0.0.1"]], [["1.1.1.1"], [], absent]],
  ["dnsAnswers", "notMatches", "^10\\.", [["1.1.1.1"], []], [["10.0.0.1", "1.1.1.1"], absent]],
  ["dnsAnswers", "count", 2, [["a", "b"]], [["a"], [], absent]],
  ["dnsAnswers", "count", [1, 2], [["a"], ["a", "b"]], [[], ["a", "b", "c"], absent]],
  ["dnsAnswers", "exists", none, [["a"]], [[], absent]],
  ["dnsAnswers", "notExists", none, [[], absent], [["a"]]],
  ["dnsAnswers", "empty", none, [[]], [["a"], absent]],
  ["dnsAnswers", "notEmpty", none, [["a"]], [[], absent]],
  ["dnsAnswers", "contains", "2001:db8::1", [["192.0.2.1", "2001:db8::1"]], [["192.0.2.1"], absent], "AAAA"],
  ["dnsAnswers", "count", 1, [["192.0.2.1", "2001:db8::1"]], [["2001:db8::1"], absent], "A"],
  ["json", "equals", "ok", ["ok"], ["OK", ["ok"], 0, null, true]],
  ["json", "equals", 1, [1, 1.0], ["1", true, [1], 2, null]],
  ["json", "equals", true, [true], [false, "true", 1, null]],
  ["json", "equals", null, [null], [0, "", false, {}]],
  ["json", "equals", [1, "a"], [[1, "a"]], [["a", 1], [1], [1, "a", 2], "1,a", { "0": 1, "1": "a" }]],
  ["json", "equals", { a: 1, b: [2] }, [{ b: [2], a: 1 }], [{ a: 1 }, { a: 1, b: [3] }, { a: 1, b: [2], c: 0 }, []]],
  ["json", "equals", {}, [{}], [[], null, { a: 1 }]],
  ["json", "notEquals", "bad", ["good", 1, null, []], ["bad"]],
  ["json", "greaterThan", 10, [10.5, "11", 1e300], [10, "10", "x", null, true, [11], {}]],
  ["json", "lessThan", 10, [9, -1, "9.5"], [10, "", null, false, []]],
  ["json", "between", [1, 5], [1, 5, "3"], [0, 6, "six", null, [3]]],
  ["json", "contains", "b", [["a", "b"], "abc"], [["ab"], [["b"]], "", { b: 1 }, 5, null]],
  ["json", "contains", 5, [[5], [1, 5]], [["5"], [], "5", 5, null]],
  ["json", "contains", { id: 1 }, [[{ id: 1 }], [0, { id: 1 }]], [[{ id: 2 }], [{ id: 1, x: 0 }], { id: 1 }]],
  ["json", "contains", null, [[null]], [[], [0], null]],
  ["json", "notContains", "b", [["a"], [], "xyz"], [["b"], "abc", 5, null, { a: 1 }]],
  ["json", "matches", "^v[0-9]+$", ["v1", ["x", "v2"]], ["x", [], [1], 1, null, { v: "v1" }]],
  ["json", "notMatches", "^v[0-9]+$", ["x", [], ["x", 1]], ["v1", ["v1", "x"], 1, null, {}]],
  ["json", "exists", none, ["", 0, false, null, [], {}], []],
  ["json", "notExists", none, [], ["", 0, null]],
  ["json", "empty", none, ["", [], {}], ["a", [0], { a: 1 }, null, 0, false]],
  ["json", "notEmpty", none, ["a", [0], { a: 1 }], ["", [], {}, null, 0, true]],
  ["json", "count", 2, [[1, 2], { a: 1, b: 2 }, "ab", "🎉🎉"], [[], {}, "a", 2, null, true]],
  ["json", "count", [0, 1], [[], {}, "", "a"], [[1, 2], "ab", 0]],
  ["json", "hasType", "string", [""], [1, null, [], {}, true]],
  ["json", "hasType", "number", [0, 1.5], ["1", null]],
  ["json", "hasType", "boolean", [true, false], ["true", 0]],
  ["json", "hasType", "null", [null], [0, "", {}]],
  ["json", "hasType", "array", [[]], [{}, "[]"]],
  ["json", "hasType", "object", [{}], [[], null]],
  ["json", "oneOf", ["a", 1, null, [2]], ["a", 1, null, [2]], ["b", "1", 2, [], {}]],
  // Of names and indexes only, the value or nothing; of anything else, the list.
  ["json", "equals", 2, [[1, 2]], [[1], [2, 1], "12"], "$.v[1]"],
  ["json", "equals", 2, [[1, 2]], [[2, 1], []], "$.v[-1]"],
  ["json", "exists", none, [{ a: null }, { a: 1 }], [{ b: 1 }, [], "a"], "$.v.a"],
  ["json", "notExists", none, [{ b: 1 }, [], null], [{ a: 0 }], "$.v['a']"],
  ["json", "equals", [1, 2], [[1, 2], { x: 1, y: 2 }], [[2, 1], [], "12"], "$.v[*]"],
  ["json", "exists", none, [[1]], [[], {}, 5], "$.v[*]"],
  ["json", "notExists", none, [[], {}, 5], [[1]], "$.v[*]"],
  ["json", "empty", none, [[], {}], [[1], { a: 1 }], "$.v[*]"],
  ["json", "count", 2, [[{ id: 1 }, { x: { id: 2 } }]], [[{ id: 1 }], []], "$.v..id"],
  ["json", "contains", "x", [[{ n: "x" }, { n: "y" }]], [[{ n: "y" }], []], "$.v[*].n"],
  ["json", "matches", "^fail", [[{ s: "failed" }]], [[{ s: "ok" }], []], "$.v[*].s"],
  ["json", "count", 1, [[{ s: "failed" }, { s: "ok" }]], [[{ s: "ok" }], []], "$.v[?@.s == 'failed']"],
  ["json", "count", [2, 9], [[1, 5, 9]], [[9, 1], []], "$.v[?@ > 3]"],
  ["json", "equals", [3, 2], [[1, 2, 3]], [[1, 2]], "$.v[2:0:-1]"],
  ["json", "count", 1, [["ab", "cd"]], [["cd"], [5]], "$.v[?search(@, '^a')]"],
  ["json", "hasType", "array", [[], 5, {}], [], "$.v[*]"],
  ["json", "equals", 7, [{ __proto__x: 0, "": 7 }], [{ a: 7 }], "$.v['']"],
  ["detail", "equals", 7, [7], ["7", 8, null]],
  ["detail", "contains", "a", [["a"], "ab"], [["b"], 5]],
  ["detail", "exists", none, [null, 0], []],
  ["detail", "count", 2, [["a", "b"]], [["a"]]]
]

const compiled = (assertion: Assertion): CompiledAssertion.CompiledAssertion => {
  const one = CompiledAssertion.compile(assertion)
  if (CompiledAssertion.isProblem(one)) throw new Error(`${JSON.stringify(assertion)}: ${one.issue}`)
  return one
}

const assertionOf = ([source, comparison, expected, , , property = propertyOf[source]]: Row): Assertion => ({
  source,
  ...(property === undefined ? {} : { property }),
  comparison,
  ...(expected === undefined ? {} : { expected }),
  severity: "down"
})

const cases = table.flatMap((row) =>
  [true, false].flatMap((holds) =>
    row[holds ? 3 : 4].map((value) => ({
      assertion: assertionOf(row),
      seen: value === absent ? base : { ...base, ...seeing[row[0]](value as never) },
      text: `${row[0]} ${row[5] ?? ""} ${row[1]} ${JSON.stringify(row[2]) ?? ""} of ${String(JSON.stringify(value))}`,
      holds
    }))
  )
)

describe(`the assertion table of ${cases.length} cases`, () => {
  it("agrees in each of its cases, at least 300", () => {
    const wrong = cases.filter(
      ({ assertion, holds, seen }) => compiled(assertion).evaluate(new Subject(seen, now)).holds !== holds
    )
    assert.deepStrictEqual(
      wrong.map(({ holds, text }) => `${text} should be ${holds}`),
      []
    )
    assert.isAtLeast(cases.length, 300)
  })

  it("has every source, and every comparison that it takes", () => {
    const had = new Set(table.map(([source, comparison]) => `${sources[source].kind} ${comparison}`))
    for (const [kind, comparisons] of Object.entries(comparisonsOf)) {
      for (const comparison of comparisons) assert.isTrue(had.has(`${kind} ${comparison}`), `${kind} ${comparison}`)
    }
    assert.sameMembers([...new Set(table.map(([source]) => source))], Object.keys(sources))
  })

  it("is accepted by the schema", () => {
    for (const row of table) assert.isTrue(Schema.is(AssertionInput)(assertionOf(row)), row[1])
  })
})

const jsonIs = (comparison: Comparison, property = "$.a"): Assertion => ({
  source: "json",
  property,
  comparison,
  severity: "down"
})

describe("a value that can't be read", () => {
  it("fails whatever is asked of it, that it is not there as well", () => {
    const deep = `${"[".repeat(65)}1${"]".repeat(65)}`
    const bodies = ["<html>", "", "{", deep, `"${"x".repeat(1_048_576)}"`, "[".repeat(500_000), `{"a":1}}`]
    for (const body of bodies) {
      for (const comparison of ["exists", "notExists", "empty", "notEmpty"] as const) {
        const { holds, reading } = compiled(jsonIs(comparison)).evaluate(
          new Subject({ ...base, content: { body } }, now)
        )
        assert.isFalse(holds, `${comparison} of ${body.slice(0, 20)}`)
        assert.property(reading, "problem")
      }
    }
    assert.isFalse(compiled(jsonIs("notExists")).evaluate(new Subject(base, now)).holds)
  })

  it("is nothing special when members are called like those of prototypes", () => {
    const body = '{"__proto__":{"polluted":1},"toString":2}'
    const subject = new Subject({ ...base, content: { body } }, now)
    assert.isTrue(compiled(jsonIs("exists", "$.__proto__.polluted")).evaluate(subject).holds)
    assert.isTrue(compiled(jsonIs("exists", "$.toString")).evaluate(subject).holds)
    assert.isTrue(compiled(jsonIs("notExists", "$.constructor")).evaluate(subject).holds)
    assert.isTrue(compiled(jsonIs("notExists", "$.polluted")).evaluate(subject).holds)
    assert.notProperty({}, "polluted")
  })
})

describe("an assertion is refused", () => {
  const good = { source: "status", comparison: "equals", expected: 200, severity: "down" }
  const refused: ReadonlyArray<[string, object, string]> = [
    ["an unknown source", { source: "weather" }, "source"],
    ["an unknown comparison", { comparison: "resembles" }, "comparison"],
    ["an unknown severity", { severity: "mild" }, "severity"],
    ["a text for a number", { expected: "200" }, "expected"],
    ["a list for one value", { expected: [200] }, "expected"],
    ["no expected value", { expected: undefined }, "expected"],
    ["one number for two", { comparison: "between" }, "expected"],
    ["a range the wrong way round", { comparison: "between", expected: [399, 200] }, "expected"],
    ["an empty list", { comparison: "oneOf", expected: [] }, "expected"],
    ["51 values", { comparison: "oneOf", expected: Array(51).fill(1) }, "expected"],
    ["an expected value for exists", { comparison: "exists" }, "expected"],
    ["contains of a number", { comparison: "contains" }, "comparison"],
    ["matches of a number", { comparison: "matches", expected: "2.." }, "comparison"],
    ["empty of a number", { comparison: "empty", expected: undefined }, "comparison"],
    ["a property that the source has not", { property: "x" }, "property"],
    ["no name of a header", { source: "header", expected: "x" }, "property"],
    ["a name that no header has", { source: "header", property: "a b", expected: "x" }, "property"],
    ["an unknown phase", { source: "phaseMs", property: "lunch" }, "property"],
    [
      "a type in lower case",
      { source: "dnsAnswers", property: "mx", comparison: "contains", expected: "x" },
      "property"
    ],
    ["no JSONPath", { source: "json", expected: 1 }, "property"],
    ["a JSONPath without $", { source: "json", property: "a.b", expected: 1 }, "property"],
    ["hasType of a text", { source: "body", comparison: "hasType", expected: "string" }, "comparison"],
    [
      "a type that JSON has not",
      { source: "json", property: "$", comparison: "hasType", expected: "date" },
      "expected"
    ],
    ["a count below 0", { source: "body", comparison: "count", expected: -1 }, "expected"],
    ["a count of a half", { source: "body", comparison: "count", expected: 0.5 }, "expected"],
    ["contains of nothing", { source: "body", comparison: "contains", expected: "" }, "expected"],
    ["a pattern that is no text", { source: "body", comparison: "matches", expected: 5 }, "expected"],
    ["NUL", { source: "body", expected: "a\0" }, "expected"],
    ["half of a surrogate pair", { source: "json", property: "$", expected: { a: ["\ud800"] } }, "expected"],
    ["too much", { source: "body", expected: "x".repeat(5_000) }, "expected"]
  ]
  const decode = Schema.decodeUnknownExit(AssertionInput)

  for (const [what, change, member] of refused) {
    it(`with ${what}, and the sentence names ${member}`, () => {
      const { expected, ...rest } = { ...good, ...change }
      const exit = decode(expected === undefined ? rest : { ...rest, expected })
      assert.isTrue(Exit.isFailure(exit))
      assert.include(String(exit), `["${member}"]`)
    })
  }

  it("with a regular expression or a JSONPath that is none, when it is compiled", () => {
    const pattern = { source: "body", comparison: "matches", severity: "down" } as const
    const path = { source: "json", comparison: "exists", severity: "down" } as const
    for (const [assertion, member, part] of [
      [{ ...pattern, expected: "(" }, "expected", "RE2"],
      [{ ...pattern, expected: "(?<=a)b" }, "expected", "look ahead or behind"],
      [{ ...pattern, expected: "(a)\\1" }, "expected", "refer back"],
      [{ ...path, property: "$[" }, "property", "JSONPath"]
    ] as const) {
      const problem = CompiledAssertion.compile(assertion)
      if (!CompiledAssertion.isProblem(problem)) return assert.fail(assertion.comparison)
      assert.deepStrictEqual(problem.path, [member])
      assert.include(problem.issue, part)
    }
  })

  it("by a worker that does not know a member of it, and never passed", () => {
    assert.isUndefined(CompiledAssertion.decode({ ...good, negate: true }))
    assert.isUndefined(CompiledAssertion.decode({ ...good, source: "weather" }))
    assert.isUndefined(CompiledAssertion.decode("status === 200"))
    assert.isDefined(CompiledAssertion.decode(good))
  })
})

describe("evaluation", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("", "\ud800", "\udc00x", "a".repeat(70_000), "{}", "[[[1]]]", '{"v":[1,"a"]}', "[".repeat(5_000)),
    fc.json(),
    fc.array(fc.integer({ min: 0, max: 65_535 }), { maxLength: 40 }).map((units) => String.fromCharCode(...units))
  )
  const json = fc.jsonValue() as fc.Arbitrary<Schema.Json>
  const expected = fc.oneof(
    json,
    text,
    fc.constantFrom<Schema.Json>("^(a+)+$", "a|b", "string", "array", [1, 5], 0, [0, 2], ["a", "b"], "a*b*c*")
  )
  const property = fc.constantFrom("$", "$.v", "$..*", "$[*]", "$.v[?@ > 1]", "$['a','b']", "x-test", "ttfb", "A")
  const assertion = fc
    .record(
      {
        source: fc.constantFrom(...(Object.keys(sources) as ReadonlyArray<AssertionSource>)),
        property,
        comparison: fc.constantFrom(...Comparison.literals),
        expected,
        severity: fc.constantFrom("down" as const, "degraded" as const)
      },
      { requiredKeys: ["source", "comparison", "severity"] }
    )
    .map((drawn) => CompiledAssertion.decode(drawn))
    .filter((one) => one !== undefined)
  const content = fc.record(
    { body: text, banner: text, headers: fc.constant({ "x-test": "\u0000\ud800" }) },
    { requiredKeys: [] }
  )
  const observed = fc.record(
    {
      statusCode: fc.integer({ min: 0, max: 999 }),
      redirectTarget: text,
      protocol: text,
      address: text,
      detail: fc.dictionary(fc.string(), json),
      dns: fc.array(fc.string()).map((answers) => dnsOf("NOERROR", answers)),
      content
    },
    { requiredKeys: [] }
  ) as fc.Arbitrary<Partial<Observed>>

  const place = (one: string) =>
    fc.tuple(text, text).map(([before, after]) => `${before.slice(0, 300)}${one}${after.slice(0, 300)}`)

  it("never throws and never blocks, and what it tells can be stored, whatever it is given", () => {
    fc.assert(
      fc.property(fc.array(assertion, { minLength: 1, maxLength: 3 }), observed, (assertions, more) => {
        const startedAt = performance.now()
        const judged = Judgement.ofObservation(assertions, { ...base, ...more }, { now, redact: (shown) => shown })
        assert.isBelow(performance.now() - startedAt, 2_000)
        assert.isAtMost(judged.message?.length ?? 0, Judgement.messageLengthMax)
        for (const failed of judged.failedAssertions ?? []) {
          for (const shown of [failed.expected, failed.actual, failed.property ?? ""]) {
            assert.isAtMost(shown.length, 256)
            assert.isFalse(/[\p{Cc}\p{Cs}\u202e]/u.test(shown), JSON.stringify(shown))
          }
        }
      }),
      { numRuns: 2_000 }
    )
  })

  it("never shows a secret, wherever the target puts it", () => {
    const secret = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.:/+"), minLength: 6, maxLength: 40 })
    const drawn = secret.chain((one) =>
      fc.record({ one: fc.constant(one), body: place(one), detail: place(one), header: place(one) })
    )
    fc.assert(
      fc.property(
        fc.array(assertion, { minLength: 1, maxLength: 3 }),
        drawn,
        (assertions, { body, detail, header, one }) => {
          const seen = {
            ...base,
            detail: {},
            content: { body: JSON.stringify({ v: body, [one]: detail }), banner: body, headers: { "x-test": header } }
          }
          const {
            failedAssertions = [],
            message = "",
            observation
          } = Judgement.ofObservation(assertions, seen, {
            now,
            redact: Secret.redactor([one])
          })
          const told = [
            message,
            observation?.excerpt ?? "",
            ...failedAssertions.flatMap((failed) => [failed.actual, failed.expected])
          ]
          for (const shown of told) assert.notInclude(shown, one)
        }
      ),
      { numRuns: 1_000 }
    )
  })
})
