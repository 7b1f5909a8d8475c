/**
 * The mergeable latency sketch: DDSketch with a relative error of 1 %, packed into sorted 32-bit integers.
 *
 * Each entry is `bucket << 21 | count`; bucket `i` holds the values in `(γ^(i-1), γ^i]` with γ = 1.01 / 0.99, and is
 * answered by `0.99 × γ^i`, which is within 1 % of all of them. Values are microseconds: bucket 1023 is 12 minutes.
 * Source: C. Masson, J. Rim, H. Lee, "DDSketch", VLDB 2019. The same rules stand in SQL (`ts.bucket`, `ts.merge`,
 * `ts.quantiles`).
 */

/** Sorted packed entries of one sketch. */
export type Sketch = ReadonlyArray<number>

/** The largest relative error of an answered quantile. */
export const relativeError = 0.01

const logGamma = Math.log((1 + relativeError) / (1 - relativeError))
const countBits = 21
const countMax = 2 ** countBits - 1
const bucketMax = 1023

/** The bucket of a value in microseconds. */
export const bucketOf = (valueUs: number): number =>
  valueUs <= 1 ? 0 : Math.min(bucketMax, Math.ceil(Math.log(valueUs) / logGamma))

/** The value in microseconds that a bucket answers with. */
export const valueOf = (bucket: number): number => (bucket <= 0 ? 1 : (1 - relativeError) * Math.exp(bucket * logGamma))

/** The sketch of some values in microseconds. */
export const fromValues = (valuesUs: Iterable<number>): Sketch =>
  merge([Array.from(valuesUs, (value) => (bucketOf(value) << countBits) | 1)])

/** One sketch that answers as if it had seen all values of all the given sketches. */
export const merge = (sketches: Iterable<Sketch>): Sketch => {
  const counts = new Map<number, number>()
  for (const sketch of sketches) {
    for (const entry of sketch) {
      const bucket = entry >> countBits
      counts.set(bucket, (counts.get(bucket) ?? 0) + (entry & countMax))
    }
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => (bucket << countBits) | Math.min(count, countMax))
}

/** How many values a sketch has seen. */
export const count = (sketch: Sketch): number => sketch.reduce((sum, entry) => sum + (entry & countMax), 0)

/**
 * The value in microseconds at quantile `q` (0 to 1), or `undefined` of an empty sketch.
 *
 * @example
 * ```ts
 * import { Sketch } from "@openseer/core"
 * Sketch.quantile(Sketch.fromValues([1_000, 2_000, 90_000]), 0.5) // within 1 % of 2000
 * ```
 */
export const quantile = (sketch: Sketch, q: number): number | undefined => {
  const rank = Math.max(1, Math.ceil(q * count(sketch)))
  let seen = 0
  for (const entry of sketch) {
    seen += entry & countMax
    if (seen >= rank) return valueOf(entry >> countBits)
  }
  return undefined
}

/**
 * The value in microseconds at quantile `q` of all the given sketches together, or `undefined` of empty ones. As of
 * what {@link merge} gives, in a fraction of its time.
 */
export const quantileOfAll = (sketches: Iterable<Sketch>, q: number): number | undefined => {
  const counts = new Float64Array(bucketMax + 1)
  let total = 0
  for (const sketch of sketches) {
    for (const entry of sketch) {
      const bucket = entry >> countBits
      counts[bucket] = (counts[bucket] ?? 0) + (entry & countMax)
      total += entry & countMax
    }
  }
  if (total === 0) return undefined
  const rank = Math.max(1, Math.ceil(q * total))
  let bucket = -1
  for (let seen = 0; seen < rank;) seen += counts[++bucket] ?? 0
  return valueOf(bucket)
}
