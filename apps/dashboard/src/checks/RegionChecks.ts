/**
 * One check in several regions at once, saved nowhere: of a monitor, or of what shall be one.
 */
import type { RegionRun } from "@openseer/core/contract/MonitorsApi"
import { onCleanup } from "solid-js"
import { createStore } from "solid-js/store"
import { type Problem, problemOf } from "~/api/ApiProblem.ts"

/** A region that was asked, with what came of it so far. */
export interface RegionCheck {
  readonly region: string
  readonly run?: RegionRun
  /** Why it could not be asked. */
  readonly problem?: Problem
}

/** Asks one region; the signal says that nobody waits for the answer any more. */
export type AskRegion = (region: string, signal: AbortSignal) => Promise<{ readonly runs: ReadonlyArray<RegionRun> }>

/** The checks of a component: one set at a time. A new one ends the one before, and so does the end of the component. */
export const createRegionChecks = () => {
  const [checks, setChecks] = createStore<Array<RegionCheck>>([])
  let controller: AbortController | undefined
  const clear = (): void => {
    controller?.abort()
    setChecks([])
  }
  onCleanup(() => controller?.abort())

  /** One request a region: each is shown as it comes, and a slow one keeps no other waiting. */
  const start = async (regions: ReadonlyArray<string>, ask: AskRegion): Promise<void> => {
    clear()
    const { signal } = (controller = new AbortController())
    setChecks(regions.map((region) => ({ region })))
    await Promise.all(
      regions.map(async (region, i) => {
        const found = await ask(region, signal).then(
          ({ runs }): Partial<RegionCheck> => ({ run: runs[0] ?? { region, status: "pending" } }),
          (error: unknown): Partial<RegionCheck> => (signal.aborted ? {} : { problem: problemOf(error) })
        )
        if (!signal.aborted) setChecks(i, found)
      })
    )
  }
  const isRunning = (): boolean => checks.some(({ problem, run }) => run === undefined && problem === undefined)
  /** The first problem that names members of what was sent, which then is every region's. */
  const refusal = (): Problem | undefined => checks.find(({ problem }) => problem?.errors)?.problem
  return { checks, clear, isRunning, refusal, start }
}
