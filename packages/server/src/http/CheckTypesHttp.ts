/**
 * The handler of check types. It only delegates.
 */
import { Api, Assertion, type CheckTypesApi } from "@openseer/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { CheckTypes } from "../CheckTypes.ts"

const assertionSources = Assertion.AssertionSource.literals.map((source): CheckTypesApi.AssertionSourceInfo =>
  Object.assign(
    { source, comparisons: Assertion.comparisonsOf[Assertion.sources[source].kind] },
    Assertion.sources[source]
  )
)

/** Serves the group `checkTypes`. */
export const layer = HttpApiBuilder.group(
  Api.Api,
  "checkTypes",
  Effect.fn(function* (handlers) {
    const { list } = yield* CheckTypes
    return handlers.handleAll({ list: () => Effect.succeed({ items: list, assertionSources }) })
  })
)
