/**
 * Pausing and resuming the monitors that are ticked, for browsers without JavaScript; with it the list does the same.
 */
import type { BulkAnswer } from "@openseer/core/contract/MonitorsApi"
import { ApiProblem } from "~/api/ApiProblem.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"

/** `id`, once for each monitor, and `action`: `pause` or `resume`. */
export const changeMonitors: NamedForm = {
  send: async ({ call, fields, page }) => {
    const { failed } = await call<BulkAnswer>("POST", "/api/v1/monitors/bulk", {
      ids: fields.all("id"),
      change: { action: fields.text("action") === "resume" ? "resume" : "pause" }
    })
    if (failed.length > 0) {
      const title = `${failed.length} of ${fields.all("id").length} stayed as before: ${failed[0]!.message}`
      throw new ApiProblem({ type: "about:blank", title, status: 422 })
    }
    return { redirect: samePage(page) }
  }
}
