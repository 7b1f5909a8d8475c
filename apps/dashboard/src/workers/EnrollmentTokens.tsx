/**
 * The enrollment tokens that still let workers in.
 */
import type { EnrollmentToken } from "@openseer/core/contract/AccountsApi"
import { createAsyncStore } from "@solidjs/router"
import { For, Show } from "solid-js"
import { getEnrollmentTokens } from "~/api/Workers.ts"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { ActionCell, Cell, Row, StackTable } from "~/components/StackTable.tsx"
import { Time, useNow } from "~/components/Time.tsx"

const columns = [
  { title: "Token" },
  { title: "Region" },
  { title: "Lets in" },
  { title: "Expires" },
  { title: "Created" },
  { title: "Actions", hidden: true, end: true }
]

/** For admins. Those that are used up, revoked or expired are not listed. */
export function EnrollmentTokens() {
  const tokens = createAsyncStore(() => getEnrollmentTokens(), { deferStream: true })
  const now = useNow()
  const isOpen = ({ expiresAt, revokedAt, usesLeft }: EnrollmentToken) =>
    revokedAt === undefined && usesLeft !== 0 && Date.parse(expiresAt) > now()
  const open = () => tokens()?.items.filter(isOpen) ?? []
  return (
    <Panel
      title="Open enrollment tokens"
      queries={getEnrollmentTokens.key}
      fallback={<SkeletonRows rows={1} class="h-12" />}
      flush
    >
      <Show
        when={open().length}
        fallback={<p class="px-4 py-3 text-muted">None: nobody can enroll a worker until you let one in.</p>}
      >
        <StackTable label="Open enrollment tokens" columns={columns}>
          <For each={open()}>
            {(token) => (
              <Row>
                <Cell label="Token" head>
                  <code class="font-mono font-normal">{token.display}</code>
                </Cell>
                <Cell label="Region">{token.region}</Cell>
                <Cell label="Lets in">
                  {token.usesLeft === undefined
                    ? "any number"
                    : `${token.usesLeft} ${token.usesLeft === 1 ? "worker" : "workers"} more`}
                </Cell>
                <Cell label="Expires">
                  <Time at={token.expiresAt} />
                </Cell>
                <Cell label="Created">
                  <Time at={token.createdAt} />
                </Cell>
                <ActionCell>
                  <ConfirmForm
                    form="revoke-enrollment"
                    id={token.id}
                    hidden={{ enrollmentTokenId: token.id }}
                    trigger="Revoke"
                    label={`Revoke the enrollment token ${token.display}`}
                    title="Revoke the enrollment token?"
                    action="Revoke token"
                    done="Enrollment token revoked"
                  >
                    <p>It lets no more workers in. Those that came by it stay.</p>
                  </ConfirmForm>
                </ActionCell>
              </Row>
            )}
          </For>
        </StackTable>
      </Show>
    </Panel>
  )
}
