/**
 * All that executors need to reach targets, in one layer.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Layer } from "effect"
import { Dial } from "./Dial.ts"
import * as EgressPolicy from "./EgressPolicy.ts"
import { Resolver } from "./Resolver.ts"

/** How targets are reached. See {@link layer}. */
export interface EgressOptions {
  /** What to open besides the global unicast addresses: ranges, names and ports. See {@link EgressRule}. */
  readonly allow?: ReadonlyArray<string>
  /** What to close. Stronger than `allow`. */
  readonly deny?: ReadonlyArray<string>
  /** Name servers instead of the system's. */
  readonly nameServers?: ReadonlyArray<string>
  /** Trusted authorities besides Node's, each in PEM. */
  readonly ca?: ReadonlyArray<string>
}

/**
 * Resolver and dialler.
 *
 * @example
 * ```ts
 * import { Egress, Executors, HttpExecutor } from "@openseer/worker-sdk"
 * import { Effect } from "effect"
 *
 * const executors = Executors.make([HttpExecutor.httpExecutor]).pipe(
 *   Effect.provide(Egress.layer({ allow: ["10.0.0.0/8", "*.corp.example:443"], deny: ["*:25"] }))
 * )
 * ```
 */
export const layer = (options: EgressOptions = {}): Layer.Layer<Dial | Resolver> =>
  Layer.merge(
    Dial.layer({
      policy: EgressPolicy.make(options),
      ...(options.ca === undefined ? {} : { ca: options.ca })
    }),
    Resolver.layer(options.nameServers === undefined ? {} : { servers: options.nameServers })
  ).pipe(Layer.provide(NodeFileSystem.layer))
