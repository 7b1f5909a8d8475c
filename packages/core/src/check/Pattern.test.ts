import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Pattern from "./Pattern.ts"

const compile = (source: string): Pattern.CompiledPattern => {
  const compiled = Pattern.compile(source)
  if (Pattern.isProblem(compiled)) throw new Error(`${source}: ${compiled.problem}`)
  return compiled
}

const problemOf = (source: string): string => {
  const compiled = Pattern.compile(source)
  return Pattern.isProblem(compiled) ? compiled.problem : ""
}

/** What it takes of the processor, the least of three runs: on a busy machine the clock says nothing. */
const fastestMs = (run: () => void): number =>
  Math.min(
    ...Array.from({ length: 3 }, () => {
      const before = process.cpuUsage()
      run()
      return process.cpuUsage(before).user / 1_000
    })
  )

describe("a pattern", () => {
  it("matches anywhere in a text, or all of it", () => {
    const pattern = compile("b+")
    assert.deepStrictEqual([pattern.search("abba"), pattern.fits("abba"), pattern.fits("bb")], [true, false, true])
  })

  it("agrees with JavaScript on what both have, also when it is used again and again", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "[ab]",
      "a*",
      "b+",
      "(?:ab|ba)",
      "a?",
      ".",
      "^",
      "$",
      "\\b",
      "(a|b)*",
      "a{2,3}"
    )
    const source = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""))
    const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 20 }), { maxLength: 5 })
    fc.assert(
      fc.property(source, texts, (drawn, all) => {
        const pattern = compile(drawn)
        for (const text of [...all, ...all]) {
          assert.strictEqual(pattern.search(text), new RegExp(drawn).test(text), `${drawn} in ${JSON.stringify(text)}`)
          assert.strictEqual(
            pattern.fits(text),
            new RegExp(`^(?:${drawn})$`).test(text),
            `${drawn} is ${JSON.stringify(text)}`
          )
        }
      }),
      { numRuns: 500 }
    )
  })

  it("is refused with the reason when RE2 has no such thing", () => {
    for (const source of ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b"])
      assert.include(problemOf(source), "look ahead or behind")
    for (const source of ["(a)\\1", "(?<n>a)\\k<n>"]) assert.include(problemOf(source), "refer back")
    for (const source of ["(", "[", "a{2,1}", "*", "\\"]) assert.include(problemOf(source), "RE2 syntax")
    assert.include(problemOf("a".repeat(513)), "512")
    assert.include(problemOf("((((a{9}){9}){9}){9})"), "RE2 syntax")
    assert.include(problemOf("(?:[^b]{100}){9}(?:[^c]{100}){9}"), "too large")
    assert.include(problemOf("\ud800"), "surrogate")
  })

  it("that makes others hang returns at once", () => {
    for (const [source, text] of [
      ["^(a+)+$", `${"a".repeat(40)}!`],
      ["^(a|a)*$", `${"a".repeat(100_000)}!`],
      ["(x+x+)+y", "x".repeat(100_000)],
      ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(100_000)]
    ] as const) {
      const pattern = compile(source)
      assert.isFalse(pattern.search(text))
      assert.isBelow(
        fastestMs(() => pattern.search(text)),
        100,
        source
      )
    }
  })

  it("takes no longer than a worker can spare, for a megabyte and patterns that defeat the automaton", () => {
    const length = Pattern.textLengthMax
    let seed = 1
    const random = (of: string) => {
      let text = ""
      while (text.length < length) {
        seed = (seed * 48_271) % 2_147_483_647
        text += of[seed % of.length]
      }
      return text
    }
    const texts = [random("ab"), random("ab "), random("abcxyz"), "a".repeat(length), "é漢".repeat(length / 2)]
    for (const source of [
      "[ab]*a[ab]{12}[cd]",
      "[ab]*a[ab]{200}[cd]",
      "(?:[ab]*a[ab]{30}){10}[cd]",
      "\\b[ab]*a[ab]{400}\\b[cd]",
      "[ab].{900}[qw]",
      "(?:(?:a.{10}b|b.{20}a)*){20}[qw]",
      "(?i:\\pL{1,490}\\b)[!?]",
      "(?:.?){450}\\b[qw]"
    ]) {
      const pattern = compile(source)
      for (const text of texts) {
        assert.isBelow(
          fastestMs(() => pattern.search(text)),
          200,
          source
        )
      }
    }
  }, 120_000)

  it("gives up rather than to answer wrong", () => {
    const pattern = compile("[ab]*a[ab]{200}[cd]")
    const text = Array.from({ length: 100_000 }, (_, i) => "ab"[((i * i * 31 + i) % 7) % 2]).join("")
    assert.oneOf(pattern.search(text), [false, Pattern.tooExpensive])
    assert.isFalse(pattern.search("ab"))
    assert.isTrue(pattern.search(`a${"b".repeat(200)}c`))
  })

  it("looks at the first 1,048,576 units of a text", () => {
    assert.isFalse(compile("b").search(`${"a".repeat(Pattern.textLengthMax)}b`))
    assert.isTrue(compile("b").search(`${"a".repeat(Pattern.textLengthMax - 1)}b`))
  })
})
