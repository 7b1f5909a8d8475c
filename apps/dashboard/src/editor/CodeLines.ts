/**
 * A monitor as lines for a shell.
 */

/** In single quotes, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The same without what was typed into secret fields: code is pasted into tickets and chats. */
export const withoutSecrets = <Value>(value: Value): Value =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (key === "secret" && typeof inner === "string" ? "…" : inner))
  ) as Value

/** Creates the monitor, or changes the one that there is. */
export const curlLine = (origin: string, input: unknown, monitorId?: string): string =>
  [
    `curl ${monitorId === undefined ? "" : "-X PATCH "}${origin}/api/v1/monitors${monitorId === undefined ? "" : `/${monitorId}`}`,
    `-H "authorization: Bearer $OPENSEER_KEY" -H "content-type: application/json"`,
    `-d ${quoted(JSON.stringify(monitorId === undefined ? input : without(input as object, "kind")))}`
  ].join(" \\\n  ")

const without = (value: object, name: string): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))

/** `openseer-worker check` with the target; undefined for kinds that it does not take. */
export const checkLine = ({ kind, spec }: { readonly kind: string; readonly spec: unknown }): string | undefined => {
  const target = targetOf(kind, spec as Readonly<Record<string, unknown>>)
  return !target ? undefined : `npx openseer-worker check ${quoted(target)}`
}

const targetOf = (kind: string, spec: Readonly<Record<string, unknown>>): string | undefined => {
  const host = String(spec["host"] ?? "")
  const bracketed = host.includes(":") ? `[${host}]` : host
  const port = spec["port"] === undefined ? "" : `:${String(spec["port"])}`
  switch (kind) {
    case "http":
    case "websocket":
      return typeof spec["url"] === "string" ? spec["url"] : undefined
    case "tcp":
    case "tls":
      return host && `${kind}://${bracketed}${port}`
    case "icmp":
      return host && `ping:${host}`
    case "dns":
      return spec["name"] === undefined ? undefined : `dns:${String(spec["name"])}?type=${String(spec["type"] ?? "A")}`
    case "grpc":
      return (
        host && `grpc${spec["encryption"] === "none" ? "" : "s"}://${bracketed}${port}/${String(spec["service"] ?? "")}`
      )
    default:
      return undefined
  }
}
