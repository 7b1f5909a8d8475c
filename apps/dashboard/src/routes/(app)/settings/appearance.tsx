/**
 * How the dashboard looks, in this browser.
 */
import { PageTitle } from "~/components/PageTitle.tsx"
import { Panel } from "~/components/Panel.tsx"
import { ThemeToggle } from "~/components/ThemeToggle.tsx"
import { DensityToggle } from "~/settings/DensityToggle.tsx"

export default function AppearancePage() {
  return (
    <>
      <PageTitle words="Appearance" />
      <Panel title="Appearance" note="of this browser">
        <div class="flex max-w-md flex-col gap-5">
          <div class="flex flex-col gap-1.5">
            <h3 class="font-medium">Theme</h3>
            <ThemeToggle />
          </div>
          <div class="flex flex-col gap-1.5">
            <h3 class="font-medium">Density</h3>
            <DensityToggle />
            <p class="text-muted">Compact shows more rows at once, in smaller letters.</p>
          </div>
          <div class="flex flex-col gap-1.5">
            <h3 class="font-medium">Times</h3>
            <p class="text-muted">
              Times are told relative to now. Point at one to see it in your time zone and in UTC.
            </p>
          </div>
        </div>
      </Panel>
    </>
  )
}
