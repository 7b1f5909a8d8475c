/**
 * What is done to one monitor from its page: pause, resume, delete, and the ping URL of a heartbeat.
 */
import type { PingUrl } from "@openseer/core/contract/MonitorsApi"
import { ApiProblem } from "~/api/ApiProblem.ts"
import { segment } from "~/api/Request.ts"
import type { FormPost, NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"

const pathOf = ({ fields }: FormPost): string => `/api/v1/monitors/${segment(fields.text("monitorId"))}`

/** `monitorId`. */
export const pauseMonitor: NamedForm = {
  send: async (post) => {
    await post.call("POST", `${pathOf(post)}/pause`)
    return { redirect: samePage(post.page) }
  }
}

/** `monitorId`. */
export const resumeMonitor: NamedForm = {
  send: async (post) => {
    await post.call("POST", `${pathOf(post)}/resume`)
    return { redirect: samePage(post.page) }
  }
}

/** `monitorId`, `name` as it is, and `typedName` as somebody typed it: they must be the same. */
export const deleteMonitor: NamedForm = {
  send: async (post) => {
    if (post.fields.text("typedName") !== post.fields.text("name")) {
      const message = "is not the name of this monitor"
      throw new ApiProblem({
        type: "about:blank",
        title: "Nothing was deleted",
        status: 422,
        errors: [{ path: "typedName", message }]
      })
    }
    await post.call("DELETE", pathOf(post))
    return { redirect: "/" }
  }
}

/** `monitorId`. The one before is not valid any more. */
export const makePingUrl: NamedForm = {
  send: async (post) => ({ show: await post.call<PingUrl>("POST", `${pathOf(post)}/ping-url`) })
}
