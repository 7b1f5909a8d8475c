/**
 * Who is in the organization, and as what.
 */
import ShieldCheck from "lucide-solid/icons/shield-check"
import type { Member } from "@openseer/core/contract/OrganizationApi"
import { createAsyncStore } from "@solidjs/router"
import { For, Show } from "solid-js"
import { getMembers } from "~/api/Organization.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { ActionCell, Cell, Row, StackTable } from "~/components/StackTable.tsx"
import { Time } from "~/components/Time.tsx"
import { RoleChoice } from "~/settings/RoleChoice.tsx"
import { mayManage, roles, roleWord, withArticle } from "~/settings/Roles.ts"

const columns = [
  { title: "Member" },
  { title: "Role" },
  { title: "Second factor" },
  { title: "Last seen" },
  { title: "Actions", hidden: true, end: true }
]

/** The table of members. */
export function Members() {
  const members = createAsyncStore(() => getMembers(), { deferStream: true, reconcile: { key: "userId" } })
  const owners = () => members()?.items.filter(({ role }) => role === "owner").length ?? 0
  return (
    <Panel
      title="Members"
      note={<Show when={members()}>{(all) => <>{all().items.length}</>}</Show>}
      queries={getMembers.key}
      fallback={<SkeletonRows rows={3} class="h-14" />}
      flush
    >
      <StackTable label="Members" columns={columns}>
        <For each={members()?.items}>
          {(member) => <MemberRow member={member} isLastOwner={member.role === "owner" && owners() === 1} />}
        </For>
      </StackTable>
    </Panel>
  )
}

function MemberRow(props: { member: Member; isLastOwner: boolean }) {
  const { account } = useAccount()
  const isSelf = () => props.member.userId === account()?.id
  const mine = () => account()?.organization?.role
  const mayChange = () => mayManage(mine(), props.member.role)
  return (
    <Row>
      <Cell label="Member" head>
        <div>
          <div class="font-medium">
            {props.member.name}
            <Show when={isSelf()}>
              <span class="ml-2 rounded-full bg-accent-soft px-2 font-normal text-accent">You</span>
            </Show>
          </div>
          <div class="font-normal text-muted">{props.member.email}</div>
        </div>
      </Cell>
      <Cell label="Role">{roleWord[props.member.role]}</Cell>
      <Cell label="Second factor">
        <Show when={props.member.hasSecondFactor} fallback={<span class="text-muted">Off</span>}>
          <span class="inline-flex items-center gap-1.5">
            <ShieldCheck size={14} class="text-up" aria-hidden="true" /> On
          </span>
        </Show>
      </Cell>
      <Cell label="Last seen">
        <Show when={props.member.seenAt} fallback={<span class="text-muted">Not signed in</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </Cell>
      <ActionCell>
        <Show
          when={!props.isLastOwner}
          fallback={
            <Show when={isSelf() || mayChange()}>
              <span class="px-3 py-1 text-muted md:px-0">Last owner: make another one first</span>
            </Show>
          }
        >
          <>
            <Show when={mayChange()}>
              <ConfirmForm
                form="change-role"
                id={props.member.userId}
                hidden={{ userId: props.member.userId }}
                trigger="Change role"
                label={`Change the role of ${props.member.name}`}
                title={`${props.member.name} is ${withArticle(props.member.role)}`}
                action="Change role"
                actionVariant="primary"
                done="Role changed"
              >
                <RoleChoice roles={roles.filter((role) => mayManage(mine(), role))} value={props.member.role} />
                <Show when={isSelf()}>
                  <p class="text-degraded">This is you: what you give up, you can't take back yourself.</p>
                </Show>
              </ConfirmForm>
            </Show>
            <Show when={isSelf() || mayChange()}>
              <ConfirmForm
                form="remove-member"
                id={props.member.userId}
                hidden={{ userId: props.member.userId, ...(isSelf() ? { self: "yes" } : {}) }}
                trigger={isSelf() ? "Leave" : "Remove"}
                label={isSelf() ? "Leave the organization" : `Remove ${props.member.name}`}
                title={isSelf() ? `Leave ${account()?.organization?.name}?` : `Remove ${props.member.name}?`}
                action={isSelf() ? "Leave" : "Remove"}
                done={isSelf() ? "You have left" : "Member removed"}
              >
                <p>
                  {isSelf() ? "You see" : "They see"} nothing of this organization from the next request on. Monitors
                  and API keys stay. A new invitation leads back in.
                </p>
              </ConfirmForm>
            </Show>
          </>
        </Show>
      </ActionCell>
    </Row>
  )
}
