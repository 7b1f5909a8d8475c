/**
 * A real identity provider on loopback. Whoever comes is let in at once as the person that is set.
 */
import { Effect } from "effect"
import { exportJWK, generateKeyPair } from "jose"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { type Configuration, Provider } from "oidc-provider"

/** Whom it lets in. */
export interface TestIdentity {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
}

/** A provider with one client, `openseer`, whose secret is `a secret`. */
export const start = (redirectUri: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      let person: TestIdentity = { sub: "nobody" }
      const { privateKey } = await generateKeyPair("RS256", { extractable: true })
      const server = createServer().listen(0, "127.0.0.1")
      await new Promise((resolve) => server.once("listening", resolve))
      const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const configuration: Configuration = {
        clients: [{ client_id: "openseer", client_secret: "a secret", redirect_uris: [redirectUri] }],
        jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "1", alg: "RS256", use: "sig" } as never] },
        cookies: { keys: ["a key of tests"] },
        claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
        findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ ...person, sub }) }),
        loadExistingGrant: async (context) => {
          const grant = new context.oidc.provider.Grant({
            clientId: context.oidc.client!.clientId,
            accountId: context.oidc.session!.accountId!
          })
          grant.addOIDCScope("openid email profile")
          await grant.save()
          return grant
        }
      }
      const provider = new Provider(issuer, configuration)
      const answer = provider.callback()
      server.on("request", (request, response) => {
        if (request.url?.startsWith("/interaction/") === true) {
          void provider.interactionFinished(request, response, { login: { accountId: person.sub } })
        } else void answer(request, response)
      })
      return { issuer, server, become: (next: TestIdentity) => void (person = next) }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
  )

/** Goes where a browser would, until the provider sends it back: the address that it is sent to. */
export const visit = async (url: string, redirectUri: string): Promise<URL> => {
  const cookies = new Map<string, string>()
  let at = new URL(url)
  for (let i = 0; i < 10 && !at.href.startsWith(redirectUri); i++) {
    const response = await fetch(at, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") }
    })
    for (const text of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)!
      cookies.set(name!, value!)
    }
    const location = response.headers.get("location")
    if (location === null) throw new Error(`the provider answers ${response.status}: ${await response.text()}`)
    at = new URL(location, at)
  }
  return at
}
