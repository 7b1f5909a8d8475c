/**
 * A window that was zoomed into: what the address says, and what keys and the mouse make of it.
 */

import { type Range, ranges } from "~/components/Ranges.ts"

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

// Windows begin where buckets do, so that figures, charts and the server's page and the browser's are of the same runs.
const grains: Readonly<Record<Range, number>> = {
  "1h": narrowestMs,
  "24h": 5 * narrowestMs,
  "7d": 60 * narrowestMs,
  "30d": 120 * narrowestMs,
  "90d": 1_440 * narrowestMs
}

/**
 * Where a window up to now begins. Of a monitor that is younger than the window it begins when it was created, at least
 * ten minutes ago: a day of nothing would hide the little that is known.
 */
export const startOf = (
  range: Range,
  now: number,
  createdAt: number
): { readonly fromMs: number; readonly isCreation: boolean } => {
  const fromMs = Math.ceil(now / grains[range]) * grains[range] - ranges[range]
  const created = Math.floor(Math.min(createdAt, now - 10 * narrowestMs) / narrowestMs) * narrowestMs
  return created > fromMs ? { fromMs: created, isCreation: true } : { fromMs, isCreation: false }
}
