/**
 * A window that was zoomed into: what the address says, and what keys and the mouse make of it.
 */

/** From when to when, in milliseconds. */
export interface Zoom {
  readonly fromMs: number
  readonly toMs: number
}

/** The narrowest window. */
export const narrowestMs = 60_000

/** What the address says, if it makes a window. */
export const zoomOf = (from: string | undefined, to: string | undefined): Zoom | undefined => {
  const fromMs = Date.parse(from ?? "")
  const toMs = Date.parse(to ?? "")
  return toMs > fromMs ? { fromMs, toMs } : undefined
}

/** In whole seconds, not narrower than {@link narrowestMs}, and not beyond the present. */
export const tidy = ({ fromMs, toMs }: Zoom, now: number): Zoom => {
  const length = Math.max(narrowestMs, toMs - fromMs)
  const middle = (fromMs + toMs) / 2
  const end = Math.min(now, middle + length / 2)
  return { fromMs: Math.floor((end - length) / 1_000) * 1_000, toMs: Math.ceil(end / 1_000) * 1_000 }
}

/** Half as wide, or twice, around an instant that stays where it is. */
export const scaled = ({ fromMs, toMs }: Zoom, factor: number, around: number): Zoom => ({
  fromMs: around - (around - fromMs) * factor,
  toMs: around + (toMs - around) * factor
})

/** Moved by a share of its own length. */
export const panned = ({ fromMs, toMs }: Zoom, share: number): Zoom => {
  const by = (toMs - fromMs) * share
  return { fromMs: fromMs + by, toMs: toMs + by }
}
