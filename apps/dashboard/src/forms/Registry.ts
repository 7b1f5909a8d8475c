/**
 * Every form by its name, as the hidden field `_form` says it.
 */
import { chooseTheme } from "~/forms/ChooseTheme.ts"
import { acceptInvitation, giveSecondFactor, setUp, signUp } from "~/forms/Entry.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { signIn } from "~/forms/SignIn.ts"
import { signOut } from "~/forms/SignOut.ts"
import { switchOrganization } from "~/forms/SwitchOrganization.ts"

/** All forms. */
export const forms: Readonly<Record<string, NamedForm>> = {
  "accept-invitation": acceptInvitation,
  "choose-theme": chooseTheme,
  "second-factor": giveSecondFactor,
  "set-up": setUp,
  "sign-in": signIn,
  "sign-out": signOut,
  "sign-up": signUp,
  "switch-organization": switchOrganization
}
