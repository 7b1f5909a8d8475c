/**
 * One's own profile.
 */
import { Show } from "solid-js"
import { useAccount } from "~/components/AccountContext.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { Panel } from "~/components/Panel.tsx"
import { ProfileForm } from "~/settings/ProfileForm.tsx"

export default function ProfilePage() {
  const { account } = useAccount()
  return (
    <>
      <PageTitle words="Profile" />
      <Panel title="Profile">
        <Show when={account()}>{(person) => <ProfileForm account={person()} />}</Show>
      </Panel>
      <Panel title="Organizations">
        <ul class="flex flex-col gap-1.5">
          {account()?.organizations.map(({ id, name, role }) => (
            <li class="flex flex-wrap items-baseline gap-x-2">
              <span class="font-medium wrap-anywhere">{name}</span>
              <span class="text-muted">{role}</span>
              <Show when={id === account()?.organization?.id}>
                <span class="text-muted">· the one you look at</span>
              </Show>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  )
}
