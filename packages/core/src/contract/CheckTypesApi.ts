/**
 * The kinds of check that this instance knows, each with the JSON Schema of its spec: enough to build a form.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Assertion, AssertionSource, Comparison } from "../check/Assertion.ts"
import { CheckTypeRef } from "../check/CheckType.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"

/**
 * A check type: `schema` is the JSON Schema (2020-12) of its spec, `example` a spec that it accepts, `sources` what the
 * assertions of its monitors may look at. An `inbound` one is not executed by workers: its target calls.
 */
export const CheckTypeInfo = Schema.Struct({
  ...CheckTypeRef.fields,
  title: Schema.String,
  description: Schema.String,
  inbound: Schema.Boolean.annotate({ description: "Not executed by workers: the target calls the control plane" }),
  schema: Schema.Json.annotate({ description: "The JSON Schema (2020-12) of its spec" }),
  example: Schema.optionalKey(Schema.Json.annotate({ description: "A spec that it accepts" })),
  sources: Schema.Array(AssertionSource).annotate({ description: "What assertions of its monitors may look at" }),
  defaultAssertions: Schema.Array(Assertion).annotate({ description: "Those of a monitor that states none" })
}).annotate({ identifier: "CheckType" })
export type CheckTypeInfo = typeof CheckTypeInfo.Type

/** A source of assertions: what it looks at, what its `property` is if it takes one, and what it can be compared with. */
export const AssertionSourceInfo = Schema.Struct({
  source: AssertionSource,
  kind: Schema.Literals(["number", "text", "list", "json"]),
  label: Schema.String,
  unit: Schema.String,
  description: Schema.String,
  property: Schema.optionalKey(
    Schema.Struct({
      isRequired: Schema.Boolean,
      is: Schema.Literals(["header name", "JSONPath", "phase", "record type"])
    })
  ),
  comparisons: Schema.Array(Comparison)
}).annotate({ identifier: "AssertionSourceInfo" })
export type AssertionSourceInfo = typeof AssertionSourceInfo.Type

/** All check types, and what the sources that they name mean. */
export const CheckTypes = Schema.Struct({
  items: Schema.Array(CheckTypeInfo),
  assertionSources: Schema.Array(AssertionSourceInfo)
}).annotate({ identifier: "CheckTypes" })
export type CheckTypes = typeof CheckTypes.Type

/** The endpoint of check types. */
export class CheckTypesApi extends HttpApiGroup.make("checkTypes")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: CheckTypes
    })
      .annotate(RequiredScope, "read")
      .annotateMerge(
        OpenApi.annotations({
          summary: "List check types",
          description: "Each with the JSON Schema of its spec and what assertions may look at."
        })
      )
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/check-types")
  .annotateMerge(OpenApi.annotations({ title: "Check types", description: "The kinds of check." })) {}
