/**
 * Entries of the audit log in words.
 */
import type { AuditEntry } from "@openseer/core/contract/OrganizationApi"

/** The kinds of entries, as the address and the API name them, and what they are called. */
export const auditKinds: ReadonlyArray<readonly [string, string]> = [
  ["monitor", "Monitors"],
  ["worker", "Workers"],
  ["enrollment_token", "Enrollment"],
  ["api_key", "API keys"],
  ["member", "Members"],
  ["invitation", "Invitations"],
  ["organization", "Organization"],
  ["account", "Accounts"],
  ["session", "Sign-ins"]
]

const verbs: Readonly<Record<string, string>> = {
  "monitor.create": "created the monitor",
  "monitor.update": "changed the monitor",
  "monitor.remove": "removed the monitor",
  "monitor.pause": "paused the monitor",
  "monitor.resume": "resumed the monitor",
  "monitor.ping_url": "made a new ping URL for the monitor",
  "worker.enroll": "enrolled the worker",
  "worker.revoke": "revoked the worker",
  "enrollment_token.create": "created the enrollment token",
  "enrollment_token.revoke": "revoked the enrollment token",
  "api_key.create": "created the API key",
  "api_key.revoke": "revoked the API key",
  "member.join": "joined",
  "member.role": "changed the role of",
  "member.leave": "left",
  "member.remove": "removed",
  "invitation.create": "invited",
  "invitation.accept": "accepted the invitation",
  "invitation.revoke": "revoked the invitation of",
  "organization.create": "created the organization",
  "organization.update": "renamed the organization",
  "account.update": "changed the name or email of the account",
  "account.password": "changed the password of the account",
  "account.second_factor": "turned the second factor on or off for the account",
  "account.recovery_codes": "made new recovery codes for the account",
  "account.identity": "linked or unlinked an identity of the provider with the account",
  "session.sign_in": "signed in",
  "session.refused": "refused to sign in",
  "session.sign_out": "signed out",
  "session.revoke": "ended sessions"
}

/** What was done: "paused the monitor"; an action that is not known stays as it is. */
export const auditVerb = (action: string): string => (Object.hasOwn(verbs, action) ? verbs[action]! : action)

/** Who did it. */
export const auditActor = ({ id, kind, name }: AuditEntry["actor"]): string => {
  if (kind === "system") return "OpenSeer"
  if (kind === "operator") return name ?? "Whoever runs the machine"
  if (kind === "api_key") return `API key ${name ?? id ?? ""}`.trim()
  return name ?? id ?? "Somebody"
}

/** A detail as a line: what it was and is when it was changed, else its value. */
export const auditDetail = (value: unknown): string => {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && "from" in value && "to" in value) {
    return `${auditDetail(value.from)} → ${auditDetail(value.to)}`
  }
  if (value === null || value === undefined) return "nothing"
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(auditDetail).join(", ")
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}
