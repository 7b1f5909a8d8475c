/**
 * The first monitor, from one URL.
 */
import type { Monitor } from "@openseer/core"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { monitorOf } from "~/monitors/FirstMonitor.ts"

/** `spec.url` as it was typed, and `region`, once for each; without one it runs anywhere. */
export const firstMonitor: NamedForm = {
  send: async ({ call, fields }) => {
    const { id } = await call<Monitor.Monitor>(
      "POST",
      "/api/v1/monitors",
      monitorOf(fields.text("spec.url"), fields.all("region"))
    )
    return { redirect: `/monitors/${encodeURIComponent(id)}` }
  }
}
