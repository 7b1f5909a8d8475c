/**
 * The organization and its people.
 */
import type { NewInvitation } from "@openseer/core/contract/OrganizationApi"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"
import { expiresInMs } from "~/settings/Expiry.ts"

/** `name`. */
export const renameOrganization: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("PATCH", "/api/v1/organization", { name: fields.text("name") })
    return { redirect: samePage(page) }
  }
}

/** `name`. Whoever creates it is in it then. */
export const createOrganization: NamedForm = {
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/account/organizations", { name: fields.text("name") })
    return { redirect: "/", reload: true }
  }
}

/** `userId` and `role`. */
export const changeRole: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("PATCH", `/api/v1/members/${encodeURIComponent(fields.text("userId"))}`, { role: fields.text("role") })
    return { redirect: samePage(page) }
  }
}

/** `userId`; `self` when it is one's own. */
export const removeMember: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("DELETE", `/api/v1/members/${encodeURIComponent(fields.text("userId"))}`)
    return fields.isOn("self") ? { redirect: "/", reload: true } : { redirect: samePage(page) }
  }
}

/** `role`, `email` or nothing, and `expiry`. Shows the link. */
export const inviteMember: NamedForm = {
  send: async ({ call, fields }) => {
    const invitation = await call<NewInvitation>("POST", "/api/v1/invitations", {
      role: fields.text("role"),
      email: fields.optional("email"),
      expiresInMs: expiresInMs(fields.text("expiry"))
    })
    return { show: invitation }
  }
}

/** `invitationId`. */
export const revokeInvitation: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("DELETE", `/api/v1/invitations/${encodeURIComponent(fields.text("invitationId"))}`)
    return { redirect: samePage(page) }
  }
}
