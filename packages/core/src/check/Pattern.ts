/**
 * Regular expressions that users write, in linear time (RE2): no input makes one of them hang.
 */
import { Schema } from "effect"
import { RE2JS } from "re2js"

/** The longest pattern, in UTF-16 units. */
export const patternLengthMax = 512

/** A regular expression in RE2 syntax. */
export const Pattern = Schema.String.check(
  Schema.isMaxLength(patternLengthMax),
  Schema.makeFilter((text: string) => {
    try {
      RE2JS.compile(text)
      return true
    } catch (error) {
      return `is not a pattern in RE2 syntax: ${error instanceof Error ? error.message : String(error)}`
    }
  })
).annotate({ identifier: "Pattern" })
