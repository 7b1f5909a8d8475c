/**
 * The ways in besides a password: claiming the instance, making an account, and accepting an invitation.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"
import { refusedAs } from "~/forms/Refused.ts"
import { nextPath } from "~/server/NextPath.ts"

/** `token` of the setup link, `organizationName`, `name`, `email`, `password`. */
export const setUp: NamedForm = {
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/auth/setup", {
      token: fields.raw("token"),
      organizationName: fields.text("organizationName"),
      name: fields.text("name"),
      email: fields.text("email"),
      password: fields.raw("password")
    })
    return { redirect: "/", reload: true }
  }
}

/** `name`, `email`, `password`, and `invitation` or `organizationName`. */
export const signUp: NamedForm = {
  secrets: ["invitation"],
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/auth/sign-up", {
      name: fields.text("name"),
      email: fields.text("email"),
      password: fields.raw("password"),
      invitation: fields.optional("invitation"),
      organizationName: fields.optional("organizationName")
    })
    return { redirect: "/", reload: true }
  }
}

/** `token` of the invitation, by whoever is signed in. */
export const acceptInvitation: NamedForm = {
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/account/invitations", { token: fields.raw("token") })
    return { redirect: "/", reload: true }
  }
}

/** `code` and `next`, where to go then. */
export const giveSecondFactor: NamedForm = {
  send: async ({ call, fields }) => {
    await call("POST", "/api/v1/auth/second-factor", { code: fields.text("code") }).catch(
      refusedAs("That code is not right, was used before, or you began too long ago")
    )
    return { redirect: nextPath(fields.raw("next")), reload: true }
  }
}
