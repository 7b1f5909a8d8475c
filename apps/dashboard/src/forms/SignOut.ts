/**
 * Signing out, from the menu of every page.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"
import { nextPath } from "~/server/NextPath.ts"

/** Ends the session of the cookie. `next`, when it is given, is where to go then. */
export const signOut: NamedForm = {
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/auth/sign-out")
    const next = fields.raw("next")
    return { redirect: next === "" ? "/sign-in" : nextPath(next), reload: true }
  }
}
