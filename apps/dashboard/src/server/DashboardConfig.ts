/**
 * The settings of the dashboard, decoded once from the environment. A wrong one stops the start with a sentence.
 */

/** Where the control plane is, and where people find the dashboard when a proxy stands before it. */
export interface DashboardConfig {
  /** Without a slash at its end. */
  readonly controlPlaneUrl: string
  /** The origin that people see, when it is set: it decides `X-Forwarded-Host` and `-Proto`. */
  readonly publicUrl: URL | undefined
  /** The control plane as workers reach it, when that is not by way of the dashboard. Without a slash at its end. */
  readonly enrollmentUrl?: string
}

/** Decodes the settings. An empty value counts as not set. */
export const decode = (env: Readonly<Record<string, string | undefined>>): DashboardConfig => ({
  controlPlaneUrl: httpUrl(
    "OPENSEER_CONTROL_PLANE_URL",
    env["OPENSEER_CONTROL_PLANE_URL"] || "http://127.0.0.1:8080"
  ).href.replace(/\/+$/, ""),
  publicUrl: env["OPENSEER_PUBLIC_URL"] ? httpUrl("OPENSEER_PUBLIC_URL", env["OPENSEER_PUBLIC_URL"]) : undefined,
  ...(env["OPENSEER_ENROLLMENT_URL"]
    ? { enrollmentUrl: httpUrl("OPENSEER_ENROLLMENT_URL", env["OPENSEER_ENROLLMENT_URL"]).href.replace(/\/+$/, "") }
    : {})
})

const httpUrl = (name: string, text: string): URL => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new Error(`${name}: must be like http://127.0.0.1:8080, and is ${JSON.stringify(text)}`)
  }
  return url
}

/** The settings of this process. */
export const config: DashboardConfig = decode(process.env)
