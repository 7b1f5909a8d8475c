/**
 * What keys do on a chart of a monitor: read out bucket by bucket, move and zoom the window.
 */
import type { ChartKeys } from "~/charts/ChartFrame.tsx"
import { bucketAt } from "~/charts/Columns.ts"
import { useWindow } from "~/monitor/Window.tsx"
import { panned, scaled, type Zoom } from "~/monitor/Zoom.ts"

/** The keys of a chart of `length` buckets. */
export const useChartKeys = (
  series: () => { readonly t0: number; readonly stepMs: number },
  length: () => number
): ChartKeys => {
  const view = useWindow()
  const shown = (): Zoom => ({ fromMs: view.fromMs(), toMs: view.toMs() })
  const go = ({ fromMs, toMs }: Zoom) => view.zoomTo(fromMs, toMs)
  return {
    step: (by) => {
      const last = length() - 1
      const i = Math.min(
        last,
        Math.max(0, (bucketAt(series(), length(), view.hover()) ?? (by < 0 ? last + 1 : -1)) + by)
      )
      view.setHover(series().t0 + (i + 0.5) * series().stepMs)
    },
    pan: (share) => go(panned(shown(), share)),
    zoom: (factor) => go(scaled(shown(), factor, view.hover() ?? (view.fromMs() + view.toMs()) / 2)),
    reset: () => {
      view.setHover(undefined)
      view.reset()
    }
  }
}
