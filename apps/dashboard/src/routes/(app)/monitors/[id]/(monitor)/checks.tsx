/**
 * The checks of a monitor, one by one.
 */
import { CheckLog } from "~/monitor/CheckLog.tsx"
import { WindowProvider } from "~/monitor/Window.tsx"

export default function ChecksPage() {
  return (
    <WindowProvider>
      <CheckLog />
    </WindowProvider>
  )
}
