/**
 * Every form by its name, as the hidden field `_form` says it.
 */
import { changeMonitors } from "~/forms/ChangeMonitors.ts"
import { chooseTheme } from "~/forms/ChooseTheme.ts"
import { acceptInvitation, giveSecondFactor, setUp, signUp } from "~/forms/Entry.ts"
import { firstMonitor } from "~/forms/FirstMonitor.ts"
import { deleteMonitor, makePingUrl, pauseMonitor, resumeMonitor } from "~/forms/MonitorForms.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { saveMonitor } from "~/forms/SaveMonitor.ts"
import { signIn } from "~/forms/SignIn.ts"
import { signOut } from "~/forms/SignOut.ts"
import { switchOrganization } from "~/forms/SwitchOrganization.ts"

/** All forms. */
export const forms: Readonly<Record<string, NamedForm>> = {
  "accept-invitation": acceptInvitation,
  "change-monitors": changeMonitors,
  "choose-theme": chooseTheme,
  "first-monitor": firstMonitor,
  "second-factor": giveSecondFactor,
  "set-up": setUp,
  "delete-monitor": deleteMonitor,
  "make-ping-url": makePingUrl,
  "pause-monitor": pauseMonitor,
  "resume-monitor": resumeMonitor,
  "save-monitor": saveMonitor,
  "sign-in": signIn,
  "sign-out": signOut,
  "sign-up": signUp,
  "switch-organization": switchOrganization
}
