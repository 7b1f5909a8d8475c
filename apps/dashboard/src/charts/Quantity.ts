/**
 * Numbers as people read them: durations from microseconds, shares, counts and sizes.
 */

const numbers = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
const formats = [numbers(0), numbers(1), numbers(2), numbers(3)] as const

/** What stands where nothing is known. */
export const nothing = "–"

/** Microseconds as milliseconds, with three digits that count: "0.42 ms", "4.2 ms", "142 ms", "1,240 ms". */
export const millis = (us: number | null | undefined): string => {
  if (us == null) return nothing
  const ms = us / 1_000
  if (ms === 0) return "0 ms"
  return `${formats[ms < 1 ? 2 : ms < 10 ? 1 : 0].format(ms)} ms`
}

/** A whole number: "12,345". */
export const count = (n: number): string => formats[0].format(n)

/**
 * A share from 0 to 1 in per cent, rounded down: what is not all never reads as 100 %. "99.98 %", "100 %".
 */
export const percent = (share: number | null | undefined, digits: 0 | 1 | 2 | 3 = 2): string => {
  if (share == null) return nothing
  if (share >= 1) return "100 %"
  const scale = 10 ** digits
  // 0.29 × 100 is 28.999…: what is that close to the next digit is that digit.
  return `${formats[digits].format(Math.floor(share * 100 * scale + 1e-6) / scale)} %`
}

/** Bytes: "512 B", "1.4 kB", "3.2 MB". */
export const bytes = (n: number): string => {
  if (n < 1_000) return `${count(n)} B`
  return n < 1_000_000 ? `${formats[1].format(n / 1_000)} kB` : `${formats[1].format(n / 1_000_000)} MB`
}

/** A count with its word: "1 check", "2,000 checks". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`
