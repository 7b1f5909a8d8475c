/**
 * What is made of the one thing that somebody types to have it watched.
 */

/** The most regions of one monitor. */
const regionsMax = 20
const nameLengthMax = 120
const intervalMs = 60_000

/** What was typed as a URL: a host alone is meant by https. What is none is left as it is, for the API to refuse. */
export const urlOf = (typed: string): string => {
  const text = typed.trim()
  // `example.com:8443` is a host with a port, although URL takes it for a scheme.
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  return text === "" || hasScheme ? text : `https://${text}`
}

/** A name to begin with: the host, and the path when it has one. What is no URL is a name as it is. */
export const nameOf = (target: string): string => {
  const parsed = URL.parse(target)
  if (parsed === null || parsed.host === "") return target.slice(0, nameLengthMax) || "Monitor"
  const path = parsed.pathname.replace(/\/$/, "")
  return (parsed.host.replace(/^www\./, "") + path).slice(0, nameLengthMax)
}

/** A monitor as the API takes it. */
export const monitorOf = (typed: string, regions: ReadonlyArray<string>) => {
  const url = urlOf(typed)
  return {
    name: nameOf(url),
    kind: "http",
    spec: { url },
    intervalMs,
    ...(regions.length > 0 ? { regions: regions.slice(0, regionsMax) } : {})
  }
}
