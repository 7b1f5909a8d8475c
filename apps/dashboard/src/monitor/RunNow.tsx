/**
 * Runs the monitor now, in a panel at the side: each region's answer as it comes, with its waterfall.
 */
import Play from "lucide-solid/icons/play"
import X from "lucide-solid/icons/x"
import { createUniqueId } from "solid-js"
import { runMonitor } from "~/api/Monitors.ts"
import { createRegionChecks } from "~/checks/RegionChecks.ts"
import { RegionRuns } from "~/checks/RegionRuns.tsx"
import { Button } from "~/components/Button.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"

/** Each region is asked on its own, so that a slow one holds up nobody. */
export function RunNow() {
  const monitor = useMonitor()
  const { checks, isRunning, start } = createRegionChecks()
  const titleId = createUniqueId()
  let dialog!: HTMLDialogElement

  const run = () => {
    if (!dialog.open) dialog.showModal()
    void start(
      monitor().regions.map(({ region }) => region),
      (region, signal) => runMonitor(monitor().id, { regions: [region] }, signal)
    )
  }
  return (
    <>
      <Button variant="primary" aria-haspopup="dialog" onClick={run}>
        <Play size={14} aria-hidden="true" /> Run now
      </Button>
      <dialog
        ref={dialog}
        aria-labelledby={titleId}
        class="mr-0 h-dvh max-h-none w-[min(40rem,100vw)] max-w-none border-l border-line bg-surface shadow-raised"
        onClick={(event) => event.target === dialog && dialog.close()}
      >
        <div class="flex min-h-full flex-col gap-4 p-5">
          <div class="flex items-center gap-3">
            <h2 id={titleId} class="text-lg font-semibold">
              Run now
            </h2>
            <Button class="ml-auto" disabled={isRunning()} onClick={run}>
              <Play size={14} aria-hidden="true" /> Run again
            </Button>
            <Button variant="quiet" aria-label="Close" onClick={() => dialog.close()}>
              <X size={16} aria-hidden="true" />
            </Button>
          </div>
          <p class="text-muted">One check in each region, now. It is counted nowhere and changes no state.</p>
          <RegionRuns checks={checks} />
        </div>
      </dialog>
    </>
  )
}
