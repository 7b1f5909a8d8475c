/**
 * Where a text stands in another one, in linear time whatever the two are.
 *
 * The engine's own search is quicker as a rule, but takes the product of both lengths at worst: 3.6 s for 16,000
 * characters in a megabyte, if one who may write a monitor chooses the one and his server the other. So it is asked only
 * where even that is short.
 */

/** The product of lengths up to which the engine's own search takes no more than 30 ms. */
const productMax = 50_000_000

/** The index of the first place of a part in a text from `from` on, or -1. */
export type Search = (text: string, from?: number) => number

/** The search for a part. What it needs to know of the part is worked out once, and only if it is needed. */
export const searchFor = (part: string): Search => {
  let borders: Int32Array | undefined
  return (text, from = 0) =>
    (text.length - from) * part.length <= productMax
      ? text.indexOf(part, from)
      : linearIndexOf(text, part, (borders ??= bordersOf(part)), from)
}

/** The text with a replacement at each place that `search` finds of a part with this length. */
export const replaceAll = (text: string, search: Search, length: number, replacement: string): string => {
  let replaced = ""
  let from = 0
  for (let at = search(text); at !== -1; at = search(text, from)) {
    replaced += text.slice(from, at) + replacement
    from = at + length
  }
  return from === 0 ? text : replaced + text.slice(from)
}

/** For each length of a beginning, the length of the longest shorter one that it ends with (Knuth, Morris and Pratt). */
const bordersOf = (part: string): Int32Array => {
  const borders = new Int32Array(part.length + 1)
  let border = (borders[0] = -1)
  for (let i = 0; i < part.length; i++) {
    while (border >= 0 && part.charCodeAt(border) !== part.charCodeAt(i)) border = borders[border]!
    borders[i + 1] = ++border
  }
  return borders
}

const linearIndexOf = (text: string, part: string, borders: Int32Array, from: number): number => {
  let matched = 0
  for (let i = from; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    while (matched >= 0 && part.charCodeAt(matched) !== unit) matched = borders[matched]!
    if (++matched === part.length) return i + 1 - matched
  }
  return -1
}
