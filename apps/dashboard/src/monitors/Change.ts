/**
 * How a latency has changed, in words.
 */

/** What is less than that is noise. */
const ratioMin = 0.05

/** How much slower or faster something is than a week before. */
export interface Change {
  readonly isSlower: boolean
  readonly text: string
  readonly words: string
}

/** The change from one P95 to another; undefined when one is not known, or there is none worth telling. */
export const changeOf = (now: number | null, before: number | null): Change | undefined => {
  if (now === null || before === null || before <= 0) return undefined
  const ratio = now / before - 1
  if (Math.abs(ratio) < ratioMin) return undefined
  const isSlower = ratio > 0
  if (ratio >= 9) {
    const text = `${Math.round(ratio + 1)} ×`
    return { isSlower, text, words: `${text} as long as a week before` }
  }
  const text = `${Math.round(Math.abs(ratio) * 100)} %`
  return { isSlower, text, words: `${text} ${isSlower ? "slower" : "faster"} than a week before` }
}
