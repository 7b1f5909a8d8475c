/**
 * What the control plane is told of whoever sent a request to the dashboard.
 */
import type { DashboardConfig } from "~/server/DashboardConfig.ts"

/** A request and the address that its connection came from. */
export interface Incoming {
  readonly request: Request
  readonly clientAddress?: string | undefined
}

/**
 * `X-Forwarded-For`, `-Host` and `-Proto`. The peer is appended to the addresses that came with the request: whoever
 * reads the list from its end, by the proxies that they trust, is not fooled by what a client wrote in front.
 */
export const forwarded = ({ clientAddress, request }: Incoming, config: DashboardConfig): Record<string, string> => {
  const before = request.headers.get("x-forwarded-for")
  const url = new URL(request.url)
  const peer = clientAddress ?? ""
  return {
    "x-forwarded-for": [before, peer].filter(Boolean).join(", "),
    "x-forwarded-host": config.publicUrl?.host ?? request.headers.get("host") ?? url.host,
    "x-forwarded-proto": (config.publicUrl?.protocol ?? url.protocol).slice(0, -1)
  }
}
