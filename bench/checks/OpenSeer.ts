/** Checks as a worker makes them: the prepared run of the `http` executor, judged, run as a fiber. */
import { HttpCheck } from "@openseer/core"
import { Egress, Executors, HttpExecutor } from "@openseer/worker-sdk"
import { Effect, Exit } from "effect"
import { bodyBytes } from "./Nginx.ts"
import type { Check } from "./Load.ts"
import type { Subject } from "./Subject.ts"

/** Prepares a run for each URL: one a monitor, as in a worker. Up by default is a status of 200 to 399. */
export const openSeerCheck = async ({ ca, timeoutMs, urls }: Subject): Promise<Check> => {
  const executors = await Effect.runPromise(
    Executors.make([HttpExecutor.httpExecutor]).pipe(Effect.provide(Egress.layer({ allow: ["127.0.0.0/8"], ca: [ca] })))
  )
  const runs = urls.map((url) => executors.prepare(HttpCheck.HttpCheck, { spec: { url }, assertions: [], timeoutMs }))
  return (index, done) =>
    Effect.runFork(runs[index % runs.length]!).addObserver((exit) =>
      done(Exit.isSuccess(exit) ? problemOf(exit.value) : "died")
    )
}

const problemOf = ({ message, observation, outcome }: Executors.ExecutedRun): string | undefined => {
  if (outcome !== "up") return `${outcome}: ${message}`
  return observation?.sizeBytes === bodyBytes ? undefined : `a body of ${observation?.sizeBytes} bytes`
}
