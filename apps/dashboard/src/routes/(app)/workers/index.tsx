/**
 * Regions and workers.
 */
import { Show } from "solid-js"
import { getRegions, getWorkers } from "~/api/Workers.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ButtonLink } from "~/components/Button.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { revalidateOnLive } from "~/live/Live.tsx"
import { refreshEvery } from "~/live/Refresh.ts"
import { EnrollmentTokens } from "~/workers/EnrollmentTokens.tsx"
import { Regions } from "~/workers/Regions.tsx"
import { WorkerTable } from "~/workers/WorkerTable.tsx"

const refreshMs = 5_000

export const route = {
  preload: () => {
    void getRegions()
    void getWorkers()
  }
}

export default function WorkersPage() {
  const { may } = useAccount()
  refreshEvery(refreshMs, [getRegions.key, getWorkers.key])
  revalidateOnLive([getRegions.key, getWorkers.key], ({ event }) => event === "worker")
  return (
    <>
      <PageTitle words="Workers" />
      <header class="mb-4 flex flex-wrap items-center gap-3">
        <div>
          <h1 class="text-xl font-semibold">Workers</h1>
          <p class="text-muted">Where checks run. A region without a healthy worker makes its monitors unknown.</p>
        </div>
        <Show when={may("admin")} fallback={<p class="ml-auto text-muted">Admins enroll and revoke workers.</p>}>
          <ButtonLink href="/workers/enroll" variant="primary" class="ml-auto">
            Enroll a worker
          </ButtonLink>
        </Show>
      </header>
      <div class="flex flex-col gap-5">
        <Regions />
        <WorkerTable />
        <Show when={may("admin")}>
          <EnrollmentTokens />
        </Show>
      </div>
    </>
  )
}
