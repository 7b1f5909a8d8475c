/**
 * The layout of the settings.
 */
import type { RouteSectionProps } from "@solidjs/router"
import { Suspense } from "solid-js"
import { Skeleton } from "~/components/Skeleton.tsx"
import { SettingsNav } from "~/settings/SettingsNav.tsx"

export default function SettingsLayout(props: RouteSectionProps) {
  return (
    <>
      <h1 class="mb-4 text-xl font-semibold">Settings</h1>
      <div class="flex flex-col gap-5 lg:flex-row lg:gap-8">
        <SettingsNav />
        <div class="flex max-w-5xl min-w-0 flex-1 flex-col gap-5">
          <Suspense fallback={<Skeleton class="h-64" />}>{props.children}</Suspense>
        </div>
      </div>
    </>
  )
}
