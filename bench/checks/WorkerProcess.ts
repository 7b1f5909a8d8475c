/** A worker in a process of its own, on the first core, with the flags that a worker gives its shards. */
import { nextMessage, startScript, stop } from "./Leftovers.ts"
import type { Done, Due, Order, Result } from "./worker.ts"

/** A worker that has prepared its URLs. */
export interface WorkerProcess {
  /** Runs what is due, and waits until all of it is over. */
  readonly run: (due: ReadonlyArray<Due>) => Promise<Done>
  readonly stop: () => Promise<void>
}

/** Starts one and has it prepare a run for each URL. */
export const startWorker = async (order: Extract<Order, { urls: unknown }>): Promise<WorkerProcess> => {
  const child = startScript(0, "worker.ts", ["--max-semi-space-size=2", "--single-threaded-gc"])
  const ask = async (message: Order): Promise<unknown> => {
    child.send(message)
    return (await nextMessage<{ answer: unknown }>(child)).answer
  }
  await ask(order)
  return {
    run: async (due) => (await ask({ due })) as Done,
    stop: () => stop(child)
  }
}

/** Runs at a steady rate, going round the URLs; each start has an instant of its own. */
export const evenly = (perSecond: number, count: number, urls: number): ReadonlyArray<Due> =>
  Array.from({ length: count }, (_, index) => ({ url: index % urls, dueMs: (index * 1_000) / perSecond }))

/** Results by their place in the order, counted from 0. */
export const inOrder = ({ results }: Done): ReadonlyArray<Result> =>
  results.toSorted((a, b) => a.monitorKey - b.monitorKey)
