#!/usr/bin/env node
/**
 * `openseer-worker`: the reference worker process.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { version } from "@openseer/worker-sdk"
import { Cause, Effect, Exit, Runtime } from "effect"
import { Command } from "effect/cli"
import { checkCommand } from "./CheckCommand.ts"
import { runCommand } from "./RunCommand.ts"

const program = Command.make("openseer-worker").pipe(
  Command.withDescription("Executes the checks of an OpenSeer control plane"),
  Command.withSubcommands([runCommand, checkCommand])
)

Command.run(program, { version }).pipe(
  Effect.provide(NodeServices.layer),
  // The commands print their own failures. What is left is told here; being stopped by a signal is success.
  Effect.tapCause((cause) => (Cause.hasDies(cause) ? Effect.logFatal(cause) : Effect.void)),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? onExit(0) : Runtime.defaultTeardown(exit, onExit)
  })
)
