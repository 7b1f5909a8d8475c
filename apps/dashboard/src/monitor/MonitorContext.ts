/**
 * The monitor of the page, for its tabs.
 */
import type { Monitor } from "@openseer/core"
import { createContext, useContext } from "solid-js"

/** Set by the layout of a monitor's page. */
export const MonitorContext = createContext<() => Monitor.Monitor>()

/** The monitor around. */
export const useMonitor = (): (() => Monitor.Monitor) => {
  const monitor = useContext(MonitorContext)
  if (monitor === undefined) throw new Error("useMonitor needs the page of a monitor around it")
  return monitor
}
