/**
 * The organization: its name, its people, its keys, and the log of what was changed.
 */
import type { ApiKey } from "@openseer/core/contract/AccountsApi"
import type { AuditEntry, Invitation, Member, Organization } from "@openseer/core/contract/OrganizationApi"
import type { Session } from "@openseer/core/contract/AccountApi"
import { type Parameters, read, request } from "~/api/Request.ts"

interface Items<Item> {
  readonly items: ReadonlyArray<Item>
}

/** The organization that is looked at. */
export const getOrganization = read("organization", () => request<Organization>("/organization"))

/** Its members, by name. */
export const getMembers = read("members", () => request<Items<Member>>("/members"))

/** Its open invitations, newest first. For admins. */
export const getInvitations = read("invitations", () => request<Items<Invitation>>("/invitations"))

/** Its API keys, newest first. For admins. */
export const getApiKeys = read("api-keys", () => request<Items<ApiKey>>("/api-keys"))

/** A page of its audit log, newest first. For admins. */
export const getAuditLog = read("audit-log", (query: Parameters) =>
  request<Items<AuditEntry> & { readonly nextCursor?: string }>("/audit-log", { query })
)

/** Where the person is signed in, the last used first. */
export const getSessions = read("sessions", () => request<Items<Session>>("/account/sessions"))
