/**
 * `openseer-worker run`: runs a worker until it is told to stop (SIGTERM, SIGINT), then drains.
 */
import { Worker } from "@openseer/worker-sdk"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import * as Telemetry from "./Telemetry.ts"
import * as WorkerConfig from "./WorkerConfig.ts"

const run = Effect.gen(function* () {
  const config = yield* WorkerConfig.read
  const { concurrency, controlPlaneUrl, enrollmentToken, name, reenroll, regionName, tokenFile } = config
  yield* Effect.logInfo("openseer-worker").pipe(
    Effect.annotateLogs({ version: Worker.workerVersion, ...WorkerConfig.redacted(config) }),
    Effect.andThen(
      Worker.Worker.run({
        controlPlaneUrl,
        tokenFile,
        reenroll,
        concurrency,
        ...(enrollmentToken === undefined ? {} : { enrollmentToken }),
        ...(regionName === undefined ? {} : { regionName }),
        ...(name === undefined ? {} : { name }),
        executors: { checkTypes: [], prepare: () => Effect.die("none") }
      })
    ),
    Effect.provide(Telemetry.layer(config))
  )
}).pipe(Effect.tapError(({ message }) => Console.error(message)))

/** The `run` command. */
export const runCommand = Command.make("run", {}, () => run).pipe(
  Command.withDescription("Run a worker until it is told to stop; configured by the environment (see the README)")
)
