/**
 * What this worker executes, and how it reaches targets: the same in one process and in many.
 */
import { BuiltInExecutors, Canary, type Dial, Egress, type Executor, type Resolver } from "@openseer/worker-sdk"
import { Layer } from "effect"
import type { WorkerConfig } from "./WorkerConfig.ts"

/** The built-in check types, which say nothing of a target while the worker has no network. */
export const executors: ReadonlyArray<Executor.Any<Canary.Canary | Dial.Dial | Resolver.Resolver>> =
  BuiltInExecutors.builtInExecutors.map((executor) => Canary.guard(executor))

/** What they need. */
export const layer = ({
  canaries,
  egressAllow,
  egressDeny
}: Pick<WorkerConfig, "canaries" | "egressAllow" | "egressDeny">): Layer.Layer<
  Canary.Canary | Dial.Dial | Resolver.Resolver
> => Layer.provideMerge(Canary.Canary.layer(canaries), Egress.layer({ allow: egressAllow, deny: egressDeny }))
