/**
 * What the environment says of the web page: where it is, who may come in, and which proxies are in front of it.
 */
import { Config, Option, Schema } from "effect"
import type { OidcProvider, SiteSettings } from "./accounts/Site.ts"
import { isNetwork, loopback } from "./http/ClientAddress.ts"

/** The names of the settings. */
export const siteNames = [
  "OPENSEER_PUBLIC_URL",
  "OPENSEER_REGISTRATION",
  "OPENSEER_INSECURE_COOKIES",
  "OPENSEER_TRUSTED_PROXIES",
  "OPENSEER_OIDC_ISSUER",
  "OPENSEER_OIDC_CLIENT_ID",
  "OPENSEER_OIDC_CLIENT_SECRET",
  "OPENSEER_OIDC_NAME",
  "OPENSEER_OIDC_JOIN_ROLE"
] as const

/** A URL of an origin: http or https, host and port, and nothing after it but a slash. */
const Origin = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const message = "must be like https://openseer.example.com, without a path"
    if (!URL.canParse(text)) return message
    const { href, origin, protocol } = new URL(text)
    return ((protocol === "https:" || protocol === "http:") && href === `${origin}/`) || message
  })
)

const Issuer = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) || "must be the URL of the identity provider"
  )
)

const Networks = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      networks(text).every(isNetwork) || "must be addresses or networks like 10.0.0.0/8, separated by commas"
  )
)

/** The settings as they stand, checked one by one. */
export const siteConfig = Config.all({
  publicUrl: Config.schema(Origin, "OPENSEER_PUBLIC_URL").pipe(
    Config.withDefault("http://localhost:3000"),
    Config.map((text) => new URL(text).origin)
  ),
  registration: Config.Literals(["invitation", "open", "closed"], "OPENSEER_REGISTRATION").pipe(
    Config.withDefault("invitation")
  ),
  insecureCookies: Config.Boolean("OPENSEER_INSECURE_COOKIES").pipe(Config.withDefault(false)),
  trustedProxies: Config.schema(Networks, "OPENSEER_TRUSTED_PROXIES").pipe(
    Config.withDefault(loopback.join(",")),
    Config.map(networks)
  ),
  oidcIssuer: Config.option(Config.schema(Issuer, "OPENSEER_OIDC_ISSUER")),
  oidcClientId: Config.option(Config.String("OPENSEER_OIDC_CLIENT_ID")),
  oidcClientSecret: Config.option(Config.Redacted("OPENSEER_OIDC_CLIENT_SECRET")),
  oidcName: Config.option(Config.String("OPENSEER_OIDC_NAME")),
  oidcJoinRole: Config.option(Config.Literals(["viewer", "editor", "admin"], "OPENSEER_OIDC_JOIN_ROLE"))
})

/** What {@link siteConfig} reads. */
export type SiteConfig = Config.Success<typeof siteConfig>

/** What is wrong with the settings together, if anything is: the name of a setting and what to do. */
export const objectionTo = (config: SiteConfig): string | undefined => {
  const { hostname, protocol } = new URL(config.publicUrl)
  const isHere = hostname === "localhost" || hostname.endsWith(".localhost") || /^(127\.|\[::1\])/.test(hostname)
  if (protocol === "http:" && !isHere && !config.insecureCookies) {
    return (
      "OPENSEER_PUBLIC_URL is plain HTTP, where browsers take no secure cookie: use HTTPS, or set " +
      "OPENSEER_INSECURE_COOKIES=true on a network that you trust"
    )
  }
  return Option.isSome(config.oidcIssuer) === Option.isSome(config.oidcClientId)
    ? undefined
    : "OPENSEER_OIDC_ISSUER and OPENSEER_OIDC_CLIENT_ID belong together: set both or none"
}

/** The settings as the control plane takes them. */
export const toOptions = (
  config: SiteConfig
): SiteSettings & { readonly publicUrl: string; readonly trustedProxies: ReadonlyArray<string> } => ({
  publicUrl: config.publicUrl,
  registration: config.registration,
  insecureCookies: config.insecureCookies,
  trustedProxies: config.trustedProxies,
  ...Option.match(providerOf(config), { onNone: () => ({}), onSome: (oidc) => ({ oidc }) })
})

const providerOf = (config: SiteConfig): Option.Option<OidcProvider> =>
  Option.map(Option.all([config.oidcIssuer, config.oidcClientId]), ([issuer, clientId]) => ({
    issuer,
    clientId,
    name: Option.getOrElse(config.oidcName, () => new URL(issuer).hostname),
    ...Option.match(config.oidcClientSecret, { onNone: () => ({}), onSome: (clientSecret) => ({ clientSecret }) }),
    ...Option.match(config.oidcJoinRole, { onNone: () => ({}), onSome: (joinRole) => ({ joinRole }) })
  }))

function networks(text: string): ReadonlyArray<string> {
  return text.split(",").flatMap((item) => item.trim() || [])
}
