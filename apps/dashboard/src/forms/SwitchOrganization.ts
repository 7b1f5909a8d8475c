/**
 * Going over to another organization that one is a member of.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"

/** `organizationId`. What was open may not exist there, so it leads to the start page. */
export const switchOrganization: NamedForm = {
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/account/organization", { organizationId: fields.text("organizationId") })
    return { redirect: "/", reload: true }
  }
}
