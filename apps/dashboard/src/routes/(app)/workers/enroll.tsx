/**
 * Enrolling a worker: a region, a command to run, and waiting until the worker is here.
 */
import { A } from "@solidjs/router"
import { getRegions, getWorkers } from "~/api/Workers.ts"
import { PageTitle } from "~/components/PageTitle.tsx"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { EnrollWizard } from "~/workers/EnrollWizard.tsx"

export const route = {
  preload: () => {
    void getRegions()
    void getWorkers()
  }
}

export default function EnrollPage() {
  return (
    <>
      <PageTitle words="Enroll a worker" />
      <p class="mb-1">
        <A href="/workers" class="text-muted underline hover:text-text">
          Workers
        </A>
      </p>
      <h1 class="mb-4 text-xl font-semibold">Enroll a worker</h1>
      <div class="max-w-3xl">
        <AdminsOnly what="Workers are enrolled">
          <EnrollWizard />
        </AdminsOnly>
      </div>
    </>
  )
}
