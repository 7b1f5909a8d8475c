/**
 * Signing out, from the menu of every page.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"

/** Ends the session of the cookie. */
export const signOut: NamedForm = {
  send: async ({ call }) => {
    await call("POST", "/api/v1/auth/sign-out")
    return { redirect: "/sign-in", reload: true }
  }
}
