/**
 * Checks that belong to no monitor, `POST /api/v1/checks`: "test now" of what is not saved yet, or not saved any more.
 */
import { Effect, Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { MonitorId } from "../accounts/Id.ts"
import { CheckKind } from "../check/CheckType.ts"
import { MonitorInput } from "../monitor/Monitor.ts"
import { ApiAuth, ApiProblems, RequiredScope } from "./Auth.ts"
import { RegionRun, RunRequest } from "./MonitorsApi.ts"
import { BadInput, LimitReached, NotFound } from "./Problem.ts"

/**
 * What to check once: the members of `MonitorInput` that say what is checked, and how long to wait for the results, in
 * milliseconds. Without regions it runs in `global`, on any worker. In `spec`, `{ "secret": "***" }` stands for the secret
 * that the monitor `monitorId` has at the same place, and only while the check goes to the target that it goes to.
 */
export const Draft = Schema.Struct({
  kind: CheckKind.pipe(Schema.withDecodingDefaultKey(Effect.succeed("http"))),
  spec: MonitorInput.fields.spec,
  timeoutMs: MonitorInput.fields.timeoutMs,
  assertions: MonitorInput.fields.assertions,
  regions: MonitorInput.fields.regions,
  waitMs: RunRequest.fields.waitMs,
  monitorId: Schema.optionalKey(
    MonitorId.annotate({
      description: "The monitor whose stored secrets *** stands for; the draft changes nothing of it"
    })
  )
}).annotate({ identifier: "Draft" })
export type Draft = typeof Draft.Type

/** One run a region, in the order of their names. */
export const DraftRuns = Schema.Struct({ runs: Schema.Array(RegionRun) }).annotate({ identifier: "DraftRuns" })
export type DraftRuns = typeof DraftRuns.Type

/** The endpoint of drafts. */
export class ChecksApi extends HttpApiGroup.make("checks")
  .add(
    HttpApiEndpoint.post("run", "/", {
      payload: Draft,
      success: DraftRuns,
      error: [BadInput, NotFound, LimitReached]
    })
      .annotate(RequiredScope, "write")
      .annotateMerge(
        OpenApi.annotations({
          title: "Run a draft",
          description: "Runs a check once in each region and answers what came of it. Nothing is saved or counted."
        })
      )
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/checks")
  .annotateMerge(OpenApi.annotations({ title: "Checks", description: "Checks that are saved nowhere." })) {}
