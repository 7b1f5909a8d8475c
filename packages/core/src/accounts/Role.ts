/**
 * What a member of an organization may do: `viewer` looks, `editor` changes monitors, `admin` also manages workers, keys
 * and members, `owner` also owns the organization.
 */
import { Schema } from "effect"

/** The roles, from the least to the most. */
export const roles = ["viewer", "editor", "admin", "owner"] as const

/** A role: see {@link roles}. */
export const Role = Schema.Literals(roles).annotate({
  identifier: "Role",
  message: "must be viewer, editor, admin or owner"
})
export type Role = typeof Role.Type

const scopeOfRole = { viewer: "read", editor: "write", admin: "admin", owner: "admin" } as const

/** The scopes that a member with this role has. */
export const scopesOf = (role: Role): ReadonlyArray<"read" | "write" | "admin"> => [scopeOfRole[role]]

/** Whether a member with the role `actor` may give, change or take away the role `subject`: those up to its own. */
export const mayManage = (actor: Role, subject: Role): boolean =>
  scopeOfRole[actor] === "admin" && roles.indexOf(subject) <= roles.indexOf(actor)
