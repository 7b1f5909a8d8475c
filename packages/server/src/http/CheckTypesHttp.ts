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
