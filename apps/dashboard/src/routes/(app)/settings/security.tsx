/**
 * Password, second factor and sessions of one's own account.
 */
import { Show } from "solid-js"
import { getSessions } from "~/api/Organization.ts"
import { PasswordField } from "~/auth/PasswordField.tsx"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SecondFactor } from "~/settings/SecondFactor.tsx"
import { Sessions } from "~/settings/Sessions.tsx"

export const route = { preload: () => void getSessions() }

export default function SecurityPage() {
  const { account } = useAccount()
  return (
    <>
      <PageTitle words="Security" />
      <Panel title="Password">
        <ApiForm
          name="change-password"
          done="Password changed. All other sessions have ended."
          class="flex max-w-md flex-col gap-4"
        >
          <FormProblem />
          {/* For password managers: whose password it is. */}
          <input type="text" name="username" value={account()?.email} autocomplete="username" readonly hidden />
          <Show
            when={account()?.hasPassword}
            fallback={
              <p class="text-muted">
                You sign in with the identity provider and have no password here. With one you can sign in without it.
              </p>
            }
          >
            <PasswordField name="currentPassword" label="Current password" />
          </Show>
          <PasswordField name="newPassword" label="New password" isNew />
          <p class="text-muted">This ends all your other sessions.</p>
          <div>
            <SubmitButton>{account()?.hasPassword ? "Change password" : "Set password"}</SubmitButton>
          </div>
        </ApiForm>
      </Panel>
      <SecondFactor />
      <Sessions />
    </>
  )
}
