/**
 * How evenly a page's frames come while somebody scrolls it, by the wheel and by keys.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Tab } from "./Chromium.ts"

/** A way to scroll. */
export interface Way {
  readonly name: string
  readonly run: (tab: Tab) => Promise<void>
}

/** What came of it. Gaps are milliseconds from one frame to the next. */
export interface Scrolled {
  readonly gaps: ReadonlyArray<number>
  /** Milliseconds of each task above 50 ms. */
  readonly longTasks: ReadonlyArray<number>
  /** Milliseconds of a processor that the main thread took. */
  readonly cpuMs: number
  /** Frames in which rows were in the document that were not read yet. */
  readonly unread: number
  readonly pixels: number
}

const times = async (count: number, everyMs: number, run: () => Promise<void>): Promise<void> => {
  for (let n = 0; n < count; n++) {
    const due = sleep(everyMs)
    await run()
    await due
  }
}

/** Nothing at first: what the machine does by itself. */
export const ways: ReadonlyArray<Way> = [
  { name: "nothing", run: () => sleep(3_000) },
  { name: "wheel, a notch each 50 ms", run: (tab) => times(60, 50, () => tab.wheel(120)) },
  { name: "wheel, five notches each 16 ms", run: (tab) => times(180, 16, () => tab.wheel(600)) },
  { name: "PageDown, each 33 ms", run: (tab) => times(90, 33, () => tab.press("PageDown", 34)) },
  {
    name: "End and Home, each 300 ms",
    run: (tab) =>
      times(5, 300, async () => {
        await tab.press("End", 35)
        await sleep(300)
        await tab.press("Home", 36)
      })
  }
]

const recorder = `(() => {
  const seen = { gaps: [], longTasks: [], unread: 0 }
  const from = scrollY
  let last, farthest = 0, running = true
  const frame = (at) => {
    if (!running) return
    if (last !== undefined) seen.gaps.push(at - last)
    last = at
    farthest = Math.max(farthest, Math.abs(scrollY - from))
    if (document.querySelector("[data-row][aria-busy]") !== null) seen.unread++
    requestAnimationFrame(frame)
  }
  const tasks = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) seen.longTasks.push(duration) })
  tasks.observe({ type: "longtask" })
  requestAnimationFrame(frame)
  globalThis.stopScrolling = async () => {
    // Entries come a moment after what they are about.
    await new Promise((done) => setTimeout(done, 300))
    running = false
    tasks.disconnect()
    return { ...seen, pixels: farthest }
  }
})()`

/** Goes to the top of the page and scrolls from there. */
export const scroll = async (tab: Tab, way: Way): Promise<Scrolled> => {
  await tab.evaluate("(scrollTo(0, 0), new Promise((done) => setTimeout(done, 1000)))")
  await tab.evaluate(recorder)
  const before = await tab.cpuMs()
  await way.run(tab)
  const cpuMs = (await tab.cpuMs()) - before
  return { ...(await tab.evaluate<Omit<Scrolled, "cpuMs">>("stopScrolling()")), cpuMs }
}
