/**
 * Every form by its name, as the hidden field `_form` says it.
 */
import { chooseTheme } from "~/forms/ChooseTheme.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { signIn } from "~/forms/SignIn.ts"
import { signOut } from "~/forms/SignOut.ts"
import { switchOrganization } from "~/forms/SwitchOrganization.ts"

/** All forms. */
export const forms: Readonly<Record<string, NamedForm>> = {
  "choose-theme": chooseTheme,
  "sign-in": signIn,
  "sign-out": signOut,
  "switch-organization": switchOrganization
}
