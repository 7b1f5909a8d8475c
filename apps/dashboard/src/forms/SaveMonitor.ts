/**
 * The form of a monitor: creates one, changes the one that it is of, or tests what is in it.
 */
import type { Monitor } from "@openseer/core"
import type { DraftRuns } from "@openseer/core/contract/ChecksApi"
import type { CheckTypes } from "@openseer/core/contract/CheckTypesApi"
import { ApiProblem } from "~/api/ApiProblem.ts"
import { readMonitor } from "~/editor/MonitorTexts.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"

/** The fields of `MonitorForm`; `id` and `version` of a monitor that there is; `do=test` saves nothing. */
export const saveMonitor: NamedForm = {
  send: async ({ call, fields }) => {
    const types = await call<CheckTypes>("GET", "/api/v1/check-types")
    const { input, problems } = readMonitor(fields, types)
    if (problems.length > 0) {
      throw new ApiProblem({
        type: "urn:openseer:problem:bad-input",
        title: "Some of the input is not what it must be",
        status: 422,
        errors: problems
      })
    }
    const id = fields.optional("id")
    if (fields.raw("do") === "test") {
      const { assertions, kind, regions, spec, timeoutMs } = input
      const draft = { kind, spec, assertions, regions, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
      const { runs } = await call<DraftRuns>(
        "POST",
        "/api/v1/checks",
        id === undefined ? draft : { ...draft, monitorId: id }
      )
      return { show: runs }
    }
    if (id === undefined) {
      const made = await call<Monitor.Monitor>("POST", "/api/v1/monitors", input)
      return { redirect: `/monitors/${made.id}` }
    }
    const { kind: _, ...change } = input
    const changed = await call<Monitor.Monitor>("PATCH", `/api/v1/monitors/${encodeURIComponent(id)}`, {
      ...change,
      version: fields.number("version")
    })
    return { redirect: `/monitors/${changed.id}` }
  }
}
