import { assert, describe, it } from "@effect/vitest"
import type { Schema } from "effect"
import fc from "fast-check"
import { JSONPathEnvironment } from "json-p3"
import * as JsonPath from "./JsonPath.ts"
import { TooExpensive } from "./Work.ts"

const compile = (source: string): JsonPath.CompiledPath => {
  const compiled = JsonPath.compile(source)
  if (JsonPath.isProblem(compiled)) throw new Error(`${source}: ${compiled.problem}`)
  return compiled
}

const problemOf = (source: string): string => {
  const compiled = JsonPath.compile(source)
  return JsonPath.isProblem(compiled) ? compiled.problem : ""
}

const store = {
  book: [
    { category: "reference", author: "Nigel Rees", price: 8.95 },
    { category: "fiction", author: "Evelyn Waugh", price: 12.99 },
    { category: "fiction", author: "Herman Melville", isbn: "0-553-21311-3", price: 8.99 }
  ],
  bicycle: { color: "red", price: 399 }
}

describe("a JSONPath", () => {
  const examples: ReadonlyArray<[string, ReadonlyArray<Schema.Json>]> = [
    ["$.book[*].author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville"]],
    ["$..author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville"]],
    ["$.book[2].author", ["Herman Melville"]],
    ["$.book[-1].price", [8.99]],
    ["$.book[0,1].price", [8.95, 12.99]],
    ["$.book[:2].price", [8.95, 12.99]],
    ["$.book[::-1].price", [8.99, 12.99, 8.95]],
    ["$.book[?@.isbn].price", [8.99]],
    ["$.book[?!@.isbn].price", [8.95, 12.99]],
    ["$.book[?@.price < 10].price", [8.95, 8.99]],
    ["$.book[?@.price < $.bicycle.price && @.category == 'fiction'].price", [12.99, 8.99]],
    ["$.book[?@.category == 'reference' || @.isbn].price", [8.95, 8.99]],
    ["$.book[?length(@.author) == 10].price", [8.95]],
    ["$[?count(@.*) == 3].book", []],
    ["$.book[?match(@.author, 'N.*s')].price", [8.95]],
    ["$.book[?search(@.author, '(?i)waugh')].price", [12.99]],
    ["$.book[?value(@..isbn) == '0-553-21311-3'].price", [8.99]],
    ["$.book[?@.gone == @.missing].price", [8.95, 12.99, 8.99]],
    ["$.bicycle['color']", ["red"]],
    ["$.gone", []],
    ["$..price", [8.95, 12.99, 8.99, 399]],
    ["$['book','bicycle'].color", ["red"]]
  ]
  for (const [source, found] of examples) {
    it(`${source} finds ${found.length}`, () => assert.sameDeepMembers([...compile(source).find(store)], [...found]))
  }

  it("is singular when it has names and indexes only", () => {
    for (const source of ["$", "$.a", "$['a'][0]", "$.a[-1].b"]) assert.isTrue(compile(source).isSingular, source)
    for (const source of ["$.*", "$..a", "$[0,1]", "$[0:1]", "$[?@.a]"])
      assert.isFalse(compile(source).isSingular, source)
  })

  it("counts characters, and not the halves that JavaScript counts", () => {
    assert.deepStrictEqual(compile("$[?length(@) == 2]").find(["🎉🎉", "ab", "🎉"]), ["🎉🎉", "ab"])
  })

  it("finds what the library finds by itself", () => {
    const library = new JSONPathEnvironment({ strict: true })
    const selector = fc.constantFrom(
      ".a",
      ".b",
      ".*",
      "..a",
      "..*",
      "[0]",
      "[-1]",
      "[1:]",
      "[::-1]",
      "[:-1]",
      "[::2]",
      "['a','b']",
      "[0,0]",
      "[?@.a]",
      "[?@ == 1]",
      "[?@.a != @.b]",
      "[?@ > 0]",
      "[?@.a <= 1]",
      "[?!@.b]",
      "[?@.* == 1]",
      "[?count(@.*) > 1]",
      "[?@ == $.a]",
      "[?(@.a || @.b) && @ != 1]",
      "[?@[0] == null]",
      "[?value(@.a) == true]",
      "[?@.a == 'x']"
    )
    const source = fc.array(selector, { maxLength: 4 }).map((parts) => `$${parts.join("")}`)
    const { document } = fc.letrec((tie) => ({
      leaf: fc.constantFrom(null, true, false, 0, 1, 2, "", "x", "a"),
      document: fc.oneof(
        { maxDepth: 4, depthIdentifier: "document" },
        tie("leaf"),
        fc.array(tie("document"), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom("a", "b", "c"), tie("document"), { maxKeys: 3 })
      )
    }))
    fc.assert(
      fc.property(source, document, (drawn, value) => {
        let theirs: ReadonlyArray<unknown>
        try {
          theirs = library.query(drawn, value as never).values()
        } catch {
          return
        }
        assert.deepStrictEqual(compile(drawn).find(value as Schema.Json), theirs as ReadonlyArray<Schema.Json>, drawn)
      }),
      { numRuns: 3_000 }
    )
  })

  it("is refused with a sentence when it is none, or too long, or not bounded", () => {
    for (const source of ["$[", "$.", "$..", "$[?]", "$[?@.a =]", "$[01]", "$ .a b", "$[?nope(@)]", "$.a["]) {
      assert.include(problemOf(source), "is not a JSONPath", source)
    }
    assert.include(problemOf("a.b"), "begins with $")
    assert.include(problemOf(`$${".a".repeat(17)}`), "16 segments")
    assert.include(problemOf(`$[?${Array(9).fill("@.a.b").join(" && ")}]`), "16 segments")
    assert.include(problemOf(`$.${"a".repeat(300)}`), "256")
    assert.include(problemOf(`$${"[?@".repeat(60)}${"]".repeat(60)}`), "nested")
    assert.include(problemOf("$[?search(@.a, @.b)]"), "text in quotes")
    assert.include(problemOf("$[?search(@.a, '(?=a)')]"), "look ahead")
  })

  it("ends within what a worker can spare, however bad the query and the document", () => {
    const wide: Schema.Json = Array.from({ length: 100_000 }, (_, i) => i)
    let deep: Schema.Json = 1
    for (let i = 0; i < 63; i++) deep = [deep, deep === 1 ? 1 : 2]
    const long = "ab".repeat(200_000)
    const equal = Array.from({ length: 20_000 }, () => 1)
    const documents: ReadonlyArray<Schema.Json> = [
      wide,
      deep,
      { a: equal, b: [...equal], c: equal.slice(0, 500).map(() => long.slice(0, 800)) },
      Array.from({ length: 500 }, () => Array.from({ length: 100 }, () => ({ a: 1, b: "ab" }))),
      [long, long]
    ]
    for (const source of [
      "$..*..*..*",
      "$..*..*..*..*..*..*..*",
      "$[?@[?@[?@[?@ == $]]]]",
      "$..[?$..[?@ == 1]]",
      "$..[?count($..*) > count(@..*)]",
      "$..[?@..[?@..[?@ > 0]]]",
      "$..[?$.a == $.b]",
      "$..*[?$.a == $.b]",
      "$..[?search(@, '[ab]*a[ab]{200}[cd]')]",
      "$..[?match(@, '(?:[ab]*a[ab]{30}){10}[cd]')]",
      "$..[?length(@) > 1]",
      `$${"['a','a','a','a','a']".repeat(8)}`,
      `$${"[0,0,0,0,0,0,0,0,0,0]".repeat(5)}`,
      `$${"[::1,::1]".repeat(9)}`,
      "$..[::-1]..[::-1]"
    ]) {
      const path = compile(source)
      for (const document of documents) {
        const ms = Array.from({ length: 3 }, () => {
          // Of the processor: on a machine that has other things to do, the clock says nothing.
          const before = process.cpuUsage()
          try {
            path.find(document)
          } catch (error) {
            assert.instanceOf(error, TooExpensive)
          }
          return process.cpuUsage(before).user / 1_000
        })
        assert.isBelow(Math.min(...ms), 200, source)
      }
    }
  }, 120_000)
})
