/**
 * Every form by its name, as the hidden field `_form` says it.
 */
import { changeMonitors } from "~/forms/ChangeMonitors.ts"
import { chooseDensity } from "~/forms/ChooseDensity.ts"
import { chooseTheme } from "~/forms/ChooseTheme.ts"
import { createApiKey, createEnrollment, revokeApiKey, revokeEnrollment, revokeWorker } from "~/forms/Credentials.ts"
import { acceptInvitation, giveSecondFactor, setUp, signUp } from "~/forms/Entry.ts"
import { firstMonitor } from "~/forms/FirstMonitor.ts"
import { deleteMonitor, makePingUrl, pauseMonitor, resumeMonitor } from "~/forms/MonitorForms.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { saveMonitor } from "~/forms/SaveMonitor.ts"
import {
  changeRole,
  createOrganization,
  inviteMember,
  removeMember,
  renameOrganization,
  revokeInvitation
} from "~/forms/Organization.ts"
import { changePassword, changeProfile, revokeOtherSessions, revokeSession } from "~/forms/Profile.ts"
import { enableSecondFactor, removeSecondFactor, renewRecoveryCodes } from "~/forms/SecondFactor.ts"
import { signIn } from "~/forms/SignIn.ts"
import { signOut } from "~/forms/SignOut.ts"
import { switchOrganization } from "~/forms/SwitchOrganization.ts"

/** All forms. */
export const forms: Readonly<Record<string, NamedForm>> = {
  "accept-invitation": acceptInvitation,
  "change-monitors": changeMonitors,
  "change-password": changePassword,
  "change-profile": changeProfile,
  "change-role": changeRole,
  "choose-density": chooseDensity,
  "choose-theme": chooseTheme,
  "create-api-key": createApiKey,
  "create-enrollment": createEnrollment,
  "create-organization": createOrganization,
  "delete-monitor": deleteMonitor,
  "enable-second-factor": enableSecondFactor,
  "first-monitor": firstMonitor,
  "invite-member": inviteMember,
  "make-ping-url": makePingUrl,
  "pause-monitor": pauseMonitor,
  "remove-member": removeMember,
  "remove-second-factor": removeSecondFactor,
  "rename-organization": renameOrganization,
  "renew-recovery-codes": renewRecoveryCodes,
  "resume-monitor": resumeMonitor,
  "revoke-api-key": revokeApiKey,
  "revoke-enrollment": revokeEnrollment,
  "revoke-invitation": revokeInvitation,
  "revoke-other-sessions": revokeOtherSessions,
  "revoke-session": revokeSession,
  "revoke-worker": revokeWorker,
  "save-monitor": saveMonitor,
  "second-factor": giveSecondFactor,
  "set-up": setUp,
  "sign-in": signIn,
  "sign-out": signOut,
  "sign-up": signUp,
  "switch-organization": switchOrganization
}
