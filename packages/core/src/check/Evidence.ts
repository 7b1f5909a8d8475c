/**
 * What was seen, as text that may be shown anywhere: free of secrets, cut to size, with everything escaped that a
 * terminal, a log or a reader could take for something else.
 */
import type { Schema } from "effect"

/** Takes secrets out of a text. */
export type Redact = (text: string) => string

/** The longest text of an expected or actual value, in UTF-16 units. */
export const shownLengthMax = 200

/** How much of a value is written before it is cut, so that secrets are found whole. */
const writtenLengthMax = 65_536

/** The beginning of a text, cut between characters. */
export const cut = (text: string, lengthMax: number): string => {
  if (text.length <= lengthMax) return text
  const last = text.charCodeAt(lengthMax - 2)
  const isHalf = last >= 0xd800 && last <= 0xdbff
  return `${text.slice(0, lengthMax - (isHalf ? 2 : 1))}…`
}

// Control characters, line separators, what reorders text, what is invisible; halves of surrogate pairs.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu

/** The text with all control characters and the like escaped as `\u001b`. */
export const escaped = (text: string): string =>
  text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** A JSON value as text: redacted, escaped, then cut. */
export const shown = (value: Schema.Json, redact: Redact, lengthMax = shownLengthMax): string => {
  const writer = new Writer(redact)
  writer.write(value, 0)
  return cut(redact(escaped(writer.text)), lengthMax)
}

class Writer {
  text = ""
  readonly #redact: Redact

  constructor(redact: Redact) {
    this.#redact = redact
  }

  write(value: unknown, depth: number): void {
    if (this.text.length > writtenLengthMax || depth > 100) return
    if (typeof value === "string") this.text += JSON.stringify(this.#redact(value).slice(0, writtenLengthMax))
    else if (Array.isArray(value)) this.#list("[", value, (item) => this.write(item, depth + 1), "]")
    else if (typeof value === "object" && value !== null) {
      const member = ([name, item]: [string, unknown]) => {
        this.text += `${JSON.stringify(this.#redact(name))}:`
        this.write(item, depth + 1)
      }
      this.#list("{", Object.entries(value), member, "}")
    } else this.text += String(value)
  }

  #list<A>(open: string, items: ReadonlyArray<A>, write: (item: A) => void, close: string): void {
    this.text += open
    for (const [i, item] of items.entries()) {
      if (this.text.length > writtenLengthMax) return
      if (i > 0) this.text += ","
      write(item)
    }
    this.text += close
  }
}
