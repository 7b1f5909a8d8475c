/**
 * The names of a spec's members as people read them: `redirectsMax` is "Redirects max", `tls` "TLS".
 */

const capitals: Readonly<Record<string, string>> = {
  url: "URL",
  tls: "TLS",
  tcp: "TCP",
  ca: "CA",
  dns: "DNS",
  ip: "IP",
  http: "HTTP",
  ttfb: "Time to first byte",
  json: "JSON"
}

/** A label for a member. `Ms` goes: durations are written with their unit. */
export const memberLabel = (name: string): string => {
  const words = name
    .replace(/Ms(?=Max$|Min$|$)/, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(" ")
    .map((word) => capitals[word] ?? word)
    .join(" ")
  return words.charAt(0).toUpperCase() + words.slice(1)
}
