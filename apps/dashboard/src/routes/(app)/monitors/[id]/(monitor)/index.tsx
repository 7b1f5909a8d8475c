/**
 * The overview of a monitor.
 */
import { Overview } from "~/monitor/Overview.tsx"
import { WindowProvider } from "~/monitor/Window.tsx"

export default function OverviewPage() {
  return (
    <WindowProvider>
      <Overview />
    </WindowProvider>
  )
}
