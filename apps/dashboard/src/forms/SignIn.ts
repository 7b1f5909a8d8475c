/**
 * Signing in with email and password.
 */
import type { SignInAnswer } from "@openseer/core/contract/AuthApi"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { refusedAs } from "~/forms/Refused.ts"
import { nextPath } from "~/server/NextPath.ts"

/** `email`, `password` and `next`, where to go then. */
export const signIn: NamedForm = {
  secrets: ["password"],
  send: async ({ call, fields }) => {
    const next = nextPath(fields.raw("next"))
    const { status } = await call<SignInAnswer>("POST", "/api/v1/auth/sign-in", {
      email: fields.text("email"),
      password: fields.raw("password")
    }).catch(refusedAs("Email or password is not right"))
    return status === "second_factor"
      ? { redirect: `/second-factor?next=${encodeURIComponent(next)}` }
      : { redirect: next, reload: true }
  }
}
