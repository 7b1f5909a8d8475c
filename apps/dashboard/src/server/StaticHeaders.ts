/**
 * Security headers for what never reaches the middleware: static files, and the answers to requests that failed.
 */
import { config } from "~/server/DashboardConfig.ts"
import * as SecurityHeaders from "~/server/SecurityHeaders.ts"

interface Hooked {
  readonly hooks: {
    readonly hook: (name: "response", run: (response: Response, event: { readonly req: Request }) => void) => void
  }
}

/** Runs once when the server starts. */
export default (server: Hooked): void =>
  server.hooks.hook("response", (response) => {
    const { headers } = response
    for (const [name, value] of Object.entries(SecurityHeaders.everywhere)) {
      if (!headers.has(name)) headers.set(name, value)
    }
    if (!headers.has("content-security-policy")) headers.set("content-security-policy", SecurityHeaders.closedPolicy)
    if (config.publicUrl?.protocol === "https:") {
      headers.set("strict-transport-security", SecurityHeaders.transportSecurity)
    }
    if (headers.get("content-type") === "text/html") headers.set("content-type", "text/html; charset=utf-8")
    // A file that is missing now may be there after the next deployment.
    if (response.status >= 400) headers.set("cache-control", "no-store")
  })
