/**
 * How large a result may be on its way: evidence is cut before it keeps others from being stored.
 */

/** The largest result, in bytes of its JSON. */
export const resultBytesMax = 32_768

/** The largest result while {@link heldBytesMax} are waiting in the outbox already. */
export const resultBytesLean = 2_048

/** How much may wait in the outbox before results become lean, in bytes. */
export const heldBytesMax = 33_554_432

/** The most bytes of results in one call: the control plane takes 1 MiB, with what is around them. */
export const callBytesMax = 700_000

/** What a result without evidence counts for, in bytes; it has about 300. */
const plainBytes = 512

/** A result with its size in bytes. */
export interface SizedResult {
  readonly result: unknown
  readonly bytes: number
}

interface Encoded {
  readonly outcome?: unknown
  readonly observation?: { [name: string]: unknown }
  readonly failedAssertions?: unknown
}

/** What is left out until a result is small enough: the longest and least telling first. */
const droppable: ReadonlyArray<ReadonlyArray<string>> = [
  ["excerpt"],
  ["headers", "hops"],
  ["detail"],
  ["tls", "dns"],
  ["redirectTarget"]
]

/** Brings an encoded result down to a size. */
export const fit = (result: unknown, bytesMax: number): SizedResult => {
  const { failedAssertions, observation = {}, ...bare } = result as Encoded
  const evidence = failedAssertions === undefined ? {} : { failedAssertions }
  if (bare.outcome === "up" && Object.keys(observation).length <= 4) return { result, bytes: plainBytes }
  const left = { ...observation }
  let bytes = bytesOf(result)
  if (bytes <= bytesMax) return { result, bytes }
  for (const names of droppable) {
    for (const name of names) delete left[name]
    const smaller = { ...bare, ...evidence, observation: left }
    bytes = bytesOf(smaller)
    if (bytes <= bytesMax) return { result: smaller, bytes }
  }
  const smallest = { ...bare, observation: left }
  return { result: smallest, bytes: bytesOf(smallest) }
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
