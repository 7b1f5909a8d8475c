/**
 * Where one is signed in.
 */
import Laptop from "lucide-solid/icons/laptop"
import Smartphone from "lucide-solid/icons/smartphone"
import { createAsyncStore } from "@solidjs/router"
import { For, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import { getSessions } from "~/api/Organization.ts"
import { ApiForm, SubmitButton } from "~/components/ApiForm.tsx"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { Time } from "~/components/Time.tsx"
import { userAgentWords } from "~/settings/UserAgentWords.ts"

/** The sessions, the one that asks marked; each but that one can be ended. */
export function Sessions() {
  const sessions = createAsyncStore(() => getSessions(), { deferStream: true })
  return (
    <Panel
      title="Sessions"
      note="where you are signed in"
      queries={getSessions.key}
      fallback={<SkeletonRows rows={2} class="h-14" />}
      flush
      actions={
        <Show when={(sessions()?.items.length ?? 0) > 1}>
          <ConfirmForm
            form="revoke-other-sessions"
            id="all"
            trigger="End all others"
            label="End all other sessions"
            triggerVariant="secondary"
            title="End all other sessions?"
            action="End them"
            done="All other sessions have ended"
          >
            <p>Every browser but this one is signed out from its next request on.</p>
          </ConfirmForm>
        </Show>
      }
    >
      <ul>
        <For each={sessions()?.items}>
          {(session) => (
            <li class="flex items-center gap-3 border-b border-line px-4 py-(--row) last:border-b-0">
              <Dynamic
                component={/Mobile|Android|iPhone|iPad/.test(session.userAgent ?? "") ? Smartphone : Laptop}
                size={18}
                class="shrink-0 text-muted"
                aria-hidden="true"
              />
              <div class="min-w-0 flex-1">
                <div class="flex flex-wrap items-baseline gap-x-2">
                  <span class="font-medium wrap-anywhere">{userAgentWords(session.userAgent)}</span>
                  <Show when={session.isCurrent}>
                    <span class="rounded-full bg-accent-soft px-2 text-accent">This one</span>
                  </Show>
                </div>
                <div class="text-muted wrap-anywhere">
                  Last used <Time at={session.seenAt} />
                  <Show when={session.address}> from {session.address}</Show> · signed in{" "}
                  <Time at={session.createdAt} />
                </div>
              </div>
              <Show when={!session.isCurrent}>
                <ApiForm
                  name="revoke-session"
                  key={session.id}
                  hidden={{ sessionId: session.id }}
                  done="The session has ended"
                >
                  <SubmitButton variant="quiet" label={`End the session of ${userAgentWords(session.userAgent)}`}>
                    End
                  </SubmitButton>
                </ApiForm>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Panel>
  )
}
