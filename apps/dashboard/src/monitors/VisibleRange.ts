/**
 * Which rows of a long list are on the screen. All rows are equally high, so this is arithmetic.
 */

/** Rows from `from` (inclusive) to `to` (exclusive). */
export interface VisibleRange {
  readonly from: number
  readonly to: number
}

/** What the arithmetic needs, in pixels: `top` is where the list begins, seen from the top of the window. */
export interface Viewport {
  readonly top: number
  readonly height: number
  readonly rowHeight: number
}

/** Rows that are drawn beyond the edges, so that a fast scroll shows rows and not their ground. */
const beyondMax = 12

/** Rows that the range moves by at once: fewer changes while scrolling. */
const step = 4

/** How many rows beyond the edges are drawn next: after a jump, where all of them are new, few, and more each frame. */
export const nextBeyond = (drawn: VisibleRange, viewport: Viewport, total: number, beyond: number): number => {
  const { from, to } = visibleRange(viewport, total, 0)
  return from < drawn.from || to > drawn.to ? step : Math.min(beyondMax, beyond + step)
}

/** The rows to draw. */
export const visibleRange = (
  { height, rowHeight, top }: Viewport,
  total: number,
  beyond: number = beyondMax
): VisibleRange => {
  const first = Math.floor(-top / rowHeight) - beyond
  const last = Math.ceil((height - top) / rowHeight) + beyond
  const from = Math.min(Math.max(0, Math.floor(first / step) * step), Math.max(0, total - 1))
  return { from, to: Math.max(from, Math.min(total, Math.ceil(last / step) * step)) }
}
