/**
 * The executor of the built-in `http` check type: one attempt, a fresh connection, each hop judged by the egress policy.
 */
import { type Assertion, type CheckFailure, HttpCheck, type Observation } from "@openseer/core"
import { Context, Effect } from "effect"
import { Dial } from "../egress/Dial.ts"
import { Resolver } from "../egress/Resolver.ts"
import * as Executor from "./Executor.ts"
import * as HttpPlan from "./HttpPlan.ts"
import { HttpRun } from "./HttpRun.ts"

/**
 * Executes `http` checks. Phases are microseconds from events of the socket and add up to the total, over redirects,
 * too. Fails with a named reason, and for what the egress policy refuses with `egress_denied`.
 *
 * A body with a content coding that is not known is counted as it comes, and is `decode_failed` only when an assertion
 * looks at the body or its size. Of a redirect that is followed, the body is not read.
 */
export const httpExecutor: Executor.Executor<"http", HttpCheck.HttpSpec, Dial | Resolver> = Executor.make(
  HttpCheck.HttpCheck,
  (spec, { assertionSources, mark, redact, timeoutMs }) =>
    Effect.contextWith((services: Context.Context<Dial | Resolver>) =>
      Effect.callback<Observation.Observed, CheckFailure.CheckFailure>((resume) => {
        const needsText = hasAny(assertionSources, textSources)
        const run = new HttpRun({
          plan: HttpPlan.of(spec),
          dial: Context.get(services, Dial),
          resolver: Context.get(services, Resolver),
          timeoutMs,
          mark,
          redact,
          needsText,
          needsDecoded: needsText || assertionSources.has("sizeBytes"),
          onEnd: (result) => resume("_tag" in result ? Effect.fail(result) : Effect.succeed(result))
        })
        return Effect.sync(run.abort)
      })
    )
)

const textSources: ReadonlyArray<Assertion.AssertionSource> = ["body", "json"]

const hasAny = (
  sources: ReadonlySet<Assertion.AssertionSource>,
  wanted: ReadonlyArray<Assertion.AssertionSource>
): boolean => wanted.some((source) => sources.has(source))
