/**
 * Roles in words.
 */
import type { Membership } from "@openseer/core/contract/AccountApi"

/** A role in an organization. */
export type Role = Membership["role"]

/** The roles, from the most to the least. */
export const roles: ReadonlyArray<Role> = ["owner", "admin", "editor", "viewer"]

/** The word of a role. */
export const roleWord: Readonly<Record<Role, string>> = {
  owner: "Owner",
  admin: "Admin",
  editor: "Editor",
  viewer: "Viewer"
}

/** What each role may do. */
export const roleMay: Readonly<Record<Role, string>> = {
  owner: "everything, and decides who else is an owner",
  admin: "also workers, API keys, members and the audit log",
  editor: "looks, and changes and runs monitors",
  viewer: "looks, and changes nothing"
}

/** What somebody with a role does, in a sentence. */
export const roleSentence: Readonly<Record<Role, string>> = {
  owner: "You will own it together with its other owners.",
  admin: "You will manage monitors, workers, API keys and members.",
  editor: "You will see everything, and create, change and run monitors.",
  viewer: "You will see everything, and change nothing."
}

/** "an editor", "a viewer". */
export const withArticle = (role: Role): string => `${/^[aeiou]/.test(role) ? "an" : "a"} ${role}`

/** Whether somebody with the role `actor` may give, change or take away `subject`. The API decides; this only offers. */
export const mayManage = (actor: Role | undefined, subject: Role): boolean =>
  (actor === "owner" || actor === "admin") && roles.indexOf(subject) >= roles.indexOf(actor)
