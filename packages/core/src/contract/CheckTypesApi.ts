/**
 * The kinds of check that this instance knows, each with the JSON Schema of its spec: enough to build a form.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Assertion } from "../check/Assertion.ts"
import { CheckTypeRef } from "../check/CheckType.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"

/** A check type: `schema` is the JSON Schema (2020-12) of its spec. */
export const CheckTypeInfo = Schema.Struct({
  ...CheckTypeRef.fields,
  schema: Schema.Json,
  defaultAssertions: Schema.Array(Assertion)
}).annotate({ identifier: "CheckType" })
export type CheckTypeInfo = typeof CheckTypeInfo.Type

/** The endpoint of check types. */
export class CheckTypesApi extends HttpApiGroup.make("checkTypes")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ items: Schema.Array(CheckTypeInfo) }).annotate({ identifier: "CheckTypes" })
    })
      .annotate(RequiredScope, "read")
      .annotateMerge(
        OpenApi.annotations({ summary: "List check types", description: "Each with the JSON Schema of its spec." })
      )
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/check-types")
  .annotateMerge(OpenApi.annotations({ title: "Check types", description: "The kinds of check." })) {}
