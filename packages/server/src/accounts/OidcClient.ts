/**
 * OpenID Connect, as a client: what we ask the identity provider, and what we believe of its answers.
 *
 * The one place of the control plane that asks anybody anything. It goes to the configured issuer and to the endpoints
 * that the issuer's own document names, over HTTPS unless the issuer itself is not; it follows no redirect, waits 5 s and
 * reads 256 kB.
 */
import { CodeChallengeMethod, generateCodeVerifier, generateState, OAuth2Client, OAuth2Tokens } from "arctic"
import { Effect, Redacted, Schema } from "effect"
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import type { OidcProvider } from "./Site.ts"

/** The provider can't be reached, or answers what can't be believed; `message` is for the log and holds no token. */
export class OidcFailed extends Schema.TaggedError<OidcFailed>()("OidcFailed", {
  reason: Schema.Literals(["unavailable", "refused"]),
  message: Schema.String
}) {}

/** What the provider says of somebody. */
export interface OidcClaims {
  readonly issuer: string
  readonly subject: string
  readonly email?: string
  readonly emailVerified: boolean
  readonly name?: string
}

/** What a sign-in is bound to, on its way to the provider and back. */
export interface OidcRequest {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** A client of one provider. */
export interface OidcClient {
  /** What is new for each sign-in. */
  readonly newRequest: Effect.Effect<OidcRequest>
  /** Where the browser goes. */
  readonly authorizationUrl: (request: OidcRequest) => Effect.Effect<string, OidcFailed>
  /** Trades a code for what the provider says of whoever it let in: signed by it, for us, now, and for this sign-in. */
  readonly claimsOf: (code: string, request: OidcRequest) => Effect.Effect<OidcClaims, OidcFailed>
}

/** The longest that an answer may take. */
export const timeoutMs = 5_000

/** The largest answer, in bytes. */
export const answerBytesMax = 262_144

/** How long the provider's document and keys are kept. Keys that a token needs and are not there are fetched at once. */
const documentFor = "10 minutes"

/** Signatures that nobody can make who knows only what is public, and never `none`. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]

/** A client; `redirectUri` is where the provider sends the browser back to. */
export const make = Effect.fnUntraced(function* (provider: OidcProvider, redirectUri: string) {
  const secret = provider.clientSecret === undefined ? null : Redacted.value(provider.clientSecret)
  const oauth = new OAuth2Client(provider.clientId, secret, redirectUri)
  const isPlain = new URL(provider.issuer).protocol === "http:"

  const endpoint = (text: string) =>
    URL.canParse(text) && (new URL(text).protocol === "https:" || (isPlain && new URL(text).protocol === "http:"))
      ? Effect.succeed(text)
      : Effect.fail(refused("the provider names an endpoint that is not HTTPS"))

  const discover = Effect.gen(function* () {
    const url = `${provider.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`
    const found = yield* decoded(Discovery, yield* ask(url))
    if (found.issuer !== provider.issuer) {
      return yield* refused(`the provider at ${provider.issuer} says that it is ${found.issuer}`)
    }
    for (const text of [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]) yield* endpoint(text)
    return found
  })
  const document = yield* Effect.cachedWithTTL(discover, documentFor)
  const [keys, forgetKeys] = yield* Effect.cachedInvalidateWithTTL(
    Effect.flatMap(document, ({ jwks_uri }) => Effect.flatMap(ask(jwks_uri), (json) => decoded(KeySet, json))),
    documentFor
  )

  const authorizationUrl = Effect.fn("OidcClient.authorizationUrl")(function* (request: OidcRequest) {
    const { authorization_endpoint } = yield* document
    const url = oauth.createAuthorizationURLWithPKCE(
      authorization_endpoint,
      request.state,
      CodeChallengeMethod.S256,
      request.verifier,
      ["openid", "email", "profile"]
    )
    url.searchParams.set("nonce", request.nonce)
    return url.href
  })

  /** Trades the code. By the basic scheme, as OAuth 2.0 has it, unless the provider takes only the other one. */
  const exchange = Effect.fnUntraced(function* (code: string, verifier: string) {
    const { token_endpoint, token_endpoint_auth_methods_supported: methods } = yield* document
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier
    })
    const isBasic = secret !== null && (methods === undefined || methods.includes("client_secret_basic"))
    if (!isBasic) body.set("client_id", provider.clientId)
    if (!isBasic && secret !== null) body.set("client_secret", secret)
    const pair = `${encodeURIComponent(provider.clientId)}:${encodeURIComponent(secret ?? "")}`
    const json = yield* ask(token_endpoint, {
      method: "POST",
      body,
      headers: isBasic ? { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } : {}
    })
    const tokens = new OAuth2Tokens(typeof json === "object" && json !== null ? json : {})
    return yield* Effect.try({
      try: () => ({ idToken: tokens.idToken(), accessToken: tokens.accessToken() }),
      catch: () => refused("the provider gave no token for the code")
    })
  })

  const verified = (idToken: string) =>
    Effect.flatMap(keys, (set) =>
      Effect.tryPromise({
        try: () =>
          jwtVerify(idToken, createLocalJWKSet(set as JSONWebKeySet), {
            issuer: provider.issuer,
            audience: provider.clientId,
            algorithms,
            clockTolerance: 60,
            requiredClaims: ["sub", "exp", "iat", "nonce"]
          }),
        // The code of the error says what is wrong, without the token.
        catch: (error) => refused(`the ID token is not valid: ${(error as { code?: string }).code ?? "unknown"}`)
      })
    )

  const claimsOf = Effect.fn("OidcClient.claimsOf")(function* (code: string, request: OidcRequest) {
    const { accessToken, idToken } = yield* exchange(code, request.verifier)
    const { payload } = yield* verified(idToken).pipe(
      Effect.catchIf(
        ({ message }) => message.endsWith("ERR_JWKS_NO_MATCHING_KEY"),
        () => Effect.andThen(forgetKeys, verified(idToken))
      )
    )
    if (payload["nonce"] !== request.nonce) return yield* refused("the ID token is of another sign-in")
    if (Array.isArray(payload.aud) && payload.aud.length > 1 && payload["azp"] !== provider.clientId) {
      return yield* refused("the ID token is for another client")
    }
    const { userinfo_endpoint } = yield* document
    const known = yield* decoded(Claims, payload)
    if (known.email !== undefined || userinfo_endpoint === undefined) return toClaims(provider.issuer, known)
    const told = yield* decoded(
      Claims,
      yield* ask(yield* endpoint(userinfo_endpoint), { headers: { authorization: `Bearer ${accessToken}` } })
    )
    if (told.sub !== known.sub) return yield* refused("the provider answered about somebody else")
    return toClaims(provider.issuer, { ...known, ...told })
  })

  return {
    newRequest: Effect.sync(() => ({
      state: generateState(),
      nonce: generateState(),
      verifier: generateCodeVerifier()
    })),
    authorizationUrl,
    claimsOf
  } satisfies OidcClient
})

const refused = (message: string) => new OidcFailed({ reason: "refused", message })

const Discovery = Schema.Struct({
  issuer: Schema.String,
  authorization_endpoint: Schema.String,
  token_endpoint: Schema.String,
  jwks_uri: Schema.String,
  userinfo_endpoint: Schema.optionalKey(Schema.String),
  token_endpoint_auth_methods_supported: Schema.optionalKey(Schema.Array(Schema.String))
})

const KeySet = Schema.Struct({ keys: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) })

const Claims = Schema.Struct({
  sub: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(255)),
  email: Schema.optionalKey(Schema.String),
  // Some providers write it as a text.
  email_verified: Schema.optionalKey(Schema.Union([Schema.Boolean, Schema.String])),
  name: Schema.optionalKey(Schema.String)
})

const toClaims = (issuer: string, claims: typeof Claims.Type): OidcClaims => ({
  issuer,
  subject: claims.sub,
  emailVerified: claims.email_verified === true || claims.email_verified === "true",
  ...(claims.email === undefined ? {} : { email: claims.email }),
  ...(claims.name === undefined ? {} : { name: claims.name })
})

const decoded = <S extends Schema.Top & { readonly DecodingServices: never }>(schema: S, json: unknown) =>
  Schema.decodeUnknownEffect(schema)(json).pipe(
    Effect.mapError(() => refused("the provider answered something else than OpenID Connect has it"))
  )

/** Asks for JSON. Interrupted with whoever waits for it. */
const ask = (
  url: string,
  init: { readonly method?: string; readonly body?: URLSearchParams; readonly headers?: Record<string, string> } = {}
) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, {
        ...init,
        headers: { accept: "application/json", ...init.headers },
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      })
      return { status: response.status, text: await bounded(response) }
    },
    catch: () => new OidcFailed({ reason: "unavailable", message: `${new URL(url).host} can't be reached` })
  }).pipe(
    Effect.flatMap(({ status, text }) => {
      if (status >= 500) {
        return Effect.fail(new OidcFailed({ reason: "unavailable", message: `${new URL(url).host} answers ${status}` }))
      }
      if (status !== 200) return Effect.fail(refused(`${new URL(url).host} answers ${status}`))
      return Effect.try({
        try: (): unknown => JSON.parse(text),
        catch: () => refused(`${new URL(url).host} answers something else than JSON`)
      })
    })
  )

const bounded = async (response: Response): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new RangeError("too large")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}
