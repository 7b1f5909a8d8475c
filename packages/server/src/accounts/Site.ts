/**
 * Who may make an account, and how people sign in.
 */
import type { AuthApi } from "@openseer/core"
import { Context, type Redacted } from "effect"

/** An identity provider that speaks OpenID Connect. */
export interface OidcProvider {
  /** Its issuer, as in its tokens: `https://id.example.com/realms/team`. */
  readonly issuer: string
  readonly clientId: string
  /** Without one the client is public, and PKCE alone binds the code to it. */
  readonly clientSecret?: Redacted.Redacted
  /** What the button says. */
  readonly name: string
  /** Whoever the provider signs in and has no account joins the instance's organization as this. */
  readonly joinRole?: "viewer" | "editor" | "admin"
}

/** What a control plane must know to let people in. */
export interface SiteSettings {
  readonly registration: AuthApi.Registration
  /** Plain HTTP on a name other than localhost: cookies without `Secure`, under another name. */
  readonly insecureCookies: boolean
  readonly oidc?: OidcProvider
}

/** See {@link SiteSettings}; the default is that of a machine of one's own. */
export const Site = Context.Reference<SiteSettings>("@openseer/server/Site", {
  defaultValue: () => ({ registration: "invitation", insecureCookies: false })
})
