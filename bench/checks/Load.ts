/**
 * How checks are started: as fast as they end, or at a pace; and what they cost.
 */

/** Makes one check; calls back once, with what went wrong if anything did. */
export type Check = (index: number, done: (problem: string | undefined) => void) => void

/** One measured window. */
export interface Window {
  readonly checks: number
  readonly seconds: number
  readonly cpuMs: number
  /** Checks that did not give what the target gives, and one of the reasons. */
  readonly failed: number
  readonly problem?: string
}

/** CPU that the contestant's process used so far, in milliseconds. */
export type CpuClock = () => number

/** User and system time of this process, all threads. */
export const ownCpuMs: CpuClock = () => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Keeps `concurrency` checks going until `checks` are done, or for `seconds`. */
export const saturate = (
  check: Check,
  cpuMs: CpuClock,
  options: { readonly concurrency: number; readonly checks?: number; readonly seconds?: number }
): Promise<Window> =>
  new Promise((finish) => {
    const { checks = Number.POSITIVE_INFINITY, concurrency, seconds = Number.POSITIVE_INFINITY } = options
    const window = openWindow(cpuMs)
    let [started, going, isOver] = [0, 0, false]
    const next = (): void => {
      started++
      going++
      check(started, (problem) => {
        going--
        if (!isOver) {
          window.count(problem)
          isOver = window.done >= checks || window.seconds() >= seconds
          if (isOver) result = window.close()
        }
        if (!isOver) next()
        // Who is still going on ends in nobody's window.
        else if (going === 0) finish(result!)
      })
    }
    let result: Window | undefined
    for (let lane = 0; lane < concurrency; lane++) next()
  })

/** Starts `perSecond` checks a second, evenly, for `seconds`, whether or not those before have ended. */
export const pace = (
  check: Check,
  cpuMs: CpuClock,
  options: { readonly perSecond: number; readonly seconds: number }
): Promise<Window> =>
  new Promise((finish) => {
    const total = Math.max(1, Math.round(options.perSecond * options.seconds))
    const window = openWindow(cpuMs)
    let started = 0
    const tick = (): void => {
      while (started < total && window.seconds() * options.perSecond >= started) {
        started++
        check(started, (problem) => {
          window.count(problem)
          if (window.done === total) finish(window.close())
        })
      }
      if (started < total) setTimeout(tick, Math.max(0, (started / options.perSecond - window.seconds()) * 1_000))
    }
    tick()
  })

const openWindow = (cpuMs: CpuClock) => {
  const [cpuBefore, startedAt] = [cpuMs(), performance.now()]
  let [done, failed] = [0, 0]
  let firstProblem: string | undefined
  const seconds = (): number => (performance.now() - startedAt) / 1_000
  return {
    seconds,
    get done() {
      return done
    },
    count: (problem: string | undefined): void => {
      done++
      if (problem === undefined) return
      failed++
      firstProblem ??= problem
    },
    close: (): Window => ({
      checks: done,
      seconds: seconds(),
      cpuMs: cpuMs() - cpuBefore,
      failed,
      ...(firstProblem === undefined ? {} : { problem: firstProblem })
    })
  }
}
