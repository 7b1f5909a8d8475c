/**
 * Runs the monitor now, in a panel at the side: each region's answer as it comes, with its waterfall.
 */
import type { RegionRun } from "@openseer/core/contract/MonitorsApi"
import Play from "lucide-solid/icons/play"
import X from "lucide-solid/icons/x"
import { createSignal, createUniqueId, Show } from "solid-js"
import { problemOf } from "~/api/ApiProblem.ts"
import { runMonitor } from "~/api/Monitors.ts"
import { RegionRuns } from "~/checks/RegionRuns.tsx"
import { Button } from "~/components/Button.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"

/** Each region is asked on its own, so that a slow one holds up nobody. */
export function RunNow() {
  const monitor = useMonitor()
  const [runs, setRuns] = createSignal<ReadonlyArray<RegionRun>>([])
  const [waiting, setWaiting] = createSignal(0)
  const [problem, setProblem] = createSignal<string>()
  const titleId = createUniqueId()
  let dialog!: HTMLDialogElement

  const run = async () => {
    if (!dialog.open) dialog.showModal()
    const regions = monitor().regions.map(({ region }) => region)
    setRuns(regions.map((region) => ({ region, status: "pending" })))
    setWaiting(regions.length)
    setProblem(undefined)
    await Promise.all(
      regions.map(async (region) => {
        try {
          const answer = await runMonitor(monitor().id, { regions: [region] })
          setRuns((all) => all.map((one) => answer.runs.find(({ region: of }) => of === one.region) ?? one))
        } catch (error) {
          const { detail, title } = problemOf(error)
          setProblem(detail ?? title)
        }
        setWaiting((n) => n - 1)
      })
    )
  }
  return (
    <>
      <Button variant="primary" aria-haspopup="dialog" onClick={() => void run()}>
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
            <Button class="ml-auto" disabled={waiting() > 0} onClick={() => void run()}>
              <Play size={14} aria-hidden="true" /> Run again
            </Button>
            <Button variant="quiet" aria-label="Close" onClick={() => dialog.close()}>
              <X size={16} aria-hidden="true" />
            </Button>
          </div>
          <p class="text-muted">One check in each region, now. It is counted nowhere and changes no state.</p>
          <Show when={problem()}>
            {(text) => (
              <p role="alert" class="rounded-md bg-down-soft px-3 py-2 text-down">
                {text()}
              </p>
            )}
          </Show>
          <RegionRuns runs={runs()} isWaiting={waiting() > 0} />
        </div>
      </dialog>
    </>
  )
}
