/**
 * What a person changes of their own account.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"

/** `name`; `email`, with `emailBefore` to see whether it is another one, and then `currentPassword`. */
export const changeProfile: NamedForm = {
  send: async ({ call, fields, page }) => {
    const email = fields.optional("email")
    const isOther = email !== undefined && email !== fields.text("emailBefore")
    await call("PATCH", "/api/v1/account", {
      name: fields.text("name"),
      ...(isOther ? { email, currentPassword: fields.raw("currentPassword") } : {})
    })
    return { redirect: samePage(page) }
  }
}

/** `newPassword`, and `currentPassword` of whoever has one. */
export const changePassword: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("POST", "/api/v1/account/password", {
      newPassword: fields.raw("newPassword"),
      currentPassword: fields.raw("currentPassword") || undefined
    })
    return { redirect: samePage(page) }
  }
}

/** `sessionId`. */
export const revokeSession: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("DELETE", `/api/v1/account/sessions/${encodeURIComponent(fields.text("sessionId"))}`)
    return { redirect: samePage(page) }
  }
}

/** All sessions but the one that asks. */
export const revokeOtherSessions: NamedForm = {
  send: async ({ call, page }) => {
    await call("DELETE", "/api/v1/account/sessions")
    return { redirect: samePage(page) }
  }
}
