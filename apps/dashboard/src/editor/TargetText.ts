/**
 * What somebody pastes as a target, told apart by how it begins: the kind of check, and where its form begins.
 */

/** A kind of check and the members of its spec that are known. */
export interface TargetText {
  readonly kind: string
  readonly spec: Readonly<Record<string, string | number>>
}

/** Undefined for what is a web address, or is nothing that can be told. */
export const targetOf = (text: string): TargetText | undefined => {
  const trimmed = text.trim()
  const scheme = /^([a-z]+):/i.exec(trimmed)?.[1]?.toLowerCase()
  const rest = trimmed.replace(/^[a-z]+:(\/\/)?/i, "")
  const url = URL.parse(trimmed)
  switch (scheme) {
    case "ws":
    case "wss":
      return { kind: "websocket", spec: { url: trimmed } }
    case "tcp":
    case "tls":
    case "grpc":
    case "grpcs":
      if (url === null) return undefined
      return {
        kind: scheme === "grpcs" ? "grpc" : scheme,
        spec: {
          host: url.hostname.replace(/^\[|\]$/g, ""),
          ...(url.port === "" ? {} : { port: Number(url.port) }),
          ...(scheme.startsWith("grpc") ? { encryption: scheme === "grpcs" ? "tls" : "none" } : {})
        }
      }
    case "ping":
    case "icmp":
      return { kind: "icmp", spec: { host: rest } }
    case "dns":
      return { kind: "dns", spec: { name: rest.split("?")[0]! } }
    default:
      return undefined
  }
}

/** The page whose form begins with that target. */
export const newMonitorPath = ({ kind, spec }: TargetText): string =>
  `/monitors/new?${new URLSearchParams({ kind, ...Object.fromEntries(Object.entries(spec).map(([name, value]) => [name, String(value)])) })}`
