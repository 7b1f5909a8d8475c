/**
 * A shard whose runs do what their spec says: the module of a pool in tests.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Schema } from "effect"
import * as MachineClock from "../shard/MachineClock.ts"
import * as Shard from "../shard/Shard.ts"
import { up } from "./ScriptedWorker.ts"

/** What a run does: it is degraded after a time, its process dies, or its process' event loop hangs. */
export const Deed = Schema.Struct({
  /** It is over after this time, in milliseconds, which the event loop waits or is busy. */
  waitMs: Schema.optionalKey(Schema.Int),
  busyMs: Schema.optionalKey(Schema.Int),
  dies: Schema.optionalKey(Schema.Boolean),
  /** Comes back as the `detail` of the observation. */
  mark: Schema.optionalKey(Schema.Json)
})
export type Deed = typeof Deed.Type

const busy = (ms: number) => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const degraded = { outcome: "degraded", reason: "assertion" } as const

const act = ({ busyMs, dies, mark, waitMs }: Deed) =>
  Effect.gen(function* () {
    const startedAt = MachineClock.toMachine(performance.now())
    if (waitMs !== undefined) yield* Effect.sleep(waitMs)
    if (busyMs !== undefined) busy(busyMs)
    if (dies === true) process.kill(process.pid, "SIGKILL")
    // Of a run that is up, the detail would not be handed in.
    return {
      ...up,
      ...degraded,
      observation: { ...up.observation!, detail: { pid: process.pid, startedAt, mark: mark ?? null } }
    }
  })

// The module of its own process; whoever imports it for its types is none.
if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  NodeRuntime.runMain(
    Shard.serve({
      checkTypes: [{ kind: "test", version: 1 }],
      prepare: (_, { spec }) => act(spec as Deed)
    })
  )
}
