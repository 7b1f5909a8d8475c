/**
 * Says whether what is shown is live: Live, Reconnecting, or Stale since.
 */
import Radio from "lucide-solid/icons/radio"
import RefreshCw from "lucide-solid/icons/refresh-cw"
import WifiOff from "lucide-solid/icons/wifi-off"
import { Match, Switch } from "solid-js"
import { useLive } from "~/live/Live.tsx"

/** Once a page, in the shell. */
export function LivePill() {
  const live = useLive()
  const since = () =>
    new Date(live.heardAt() ?? Date.now()).toLocaleTimeString("en", {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false
    })
  return (
    <span role="status" class="inline-flex min-h-6 items-center gap-1.5 whitespace-nowrap">
      <Switch>
        <Match when={live.state() === "live"}>
          <Radio size={14} class="text-up" aria-hidden="true" />
          <span class="text-muted">Live</span>
        </Match>
        <Match when={live.state() === "connecting"}>
          <Radio size={14} class="text-muted" aria-hidden="true" />
          <span class="text-muted">Connecting…</span>
        </Match>
        <Match when={live.state() === "reconnecting"}>
          <RefreshCw size={14} class="text-degraded" aria-hidden="true" />
          <span class="text-degraded">Reconnecting…</span>
        </Match>
        <Match when={live.state() === "stale"}>
          <WifiOff size={14} class="text-down" aria-hidden="true" />
          <span class="text-down">{live.heardAt() === undefined ? "Not live" : `Stale since ${since()}`}</span>
        </Match>
      </Switch>
    </span>
  )
}
