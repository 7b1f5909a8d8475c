import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll } from "vitest"
import * as OidcClient from "./OidcClient.ts"

/** A provider that signs whatever it is told to, and answers a path with something else where that is asked for. */
describe("what an identity provider answers", () => {
  let server: Server
  let issuer: string
  let keys: Awaited<ReturnType<typeof generateKeyPair>>
  let others: typeof keys
  let idToken = ""
  let jwk: object = {}
  let instead: Record<string, { status?: number; headers?: Record<string, string>; body?: string }> = {}
  const asked: Array<{ readonly path: string; readonly authorization: string | undefined; readonly body: string }> = []

  beforeAll(async () => {
    keys = await generateKeyPair("RS256")
    others = await generateKeyPair("RS256")
    jwk = { ...(await exportJWK(keys.publicKey)), kid: "1", alg: "RS256", use: "sig" }
    server = createServer((request, response) => {
      const path = request.url ?? "/"
      void read(request).then((body) => {
        asked.push({ path, authorization: request.headers.authorization, body })
        const answers: Record<string, object> = {
          "/.well-known/openid-configuration": {
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            jwks_uri: `${issuer}/jwks`,
            userinfo_endpoint: `${issuer}/userinfo`
          },
          "/jwks": { keys: [jwk] },
          "/token": { access_token: "at", token_type: "Bearer", id_token: idToken },
          "/userinfo": { sub: "ada", email: "ada@a.example", email_verified: true }
        }
        const other = instead[path]
        response.writeHead(other?.status ?? 200, { "content-type": "application/json", ...other?.headers })
        response.end(other?.body ?? JSON.stringify(answers[path] ?? {}))
      })
    }).listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const request = { state: "s", nonce: "n", verifier: "v" }
  const good = (): JWTPayload => ({
    iss: issuer,
    aud: "openseer",
    sub: "ada",
    nonce: "n",
    iat: nowS(),
    exp: nowS() + 300,
    email: "ada@a.example",
    email_verified: true
  })
  const sign = (payload: JWTPayload, header: object = {}, key = keys.privateKey) =>
    new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: "1", ...header }).sign(key)

  const client = Effect.suspend(() =>
    OidcClient.make(
      { issuer, clientId: "openseer", clientSecret: Redacted.make("a:b c"), name: "P" },
      "https://a.example/callback"
    )
  )
  const outcome = client.pipe(
    Effect.flatMap(({ claimsOf }) => claimsOf("code", request)),
    Effect.match({ onFailure: ({ message, reason }) => `${reason}: ${message}`, onSuccess: ({ subject }) => subject })
  )

  it.effect("is believed when it is signed by it, for us, now, and for this sign-in, and else is not", () =>
    Effect.gen(function* () {
      const cases: Record<string, { readonly token: Promise<string> | string; readonly is: string }> = {
        good: { token: sign(good()), is: "ada" },
        "another audience": { token: sign({ ...good(), aud: "other" }), is: "CLAIM_VALIDATION" },
        "several audiences": { token: sign({ ...good(), aud: ["openseer", "other"] }), is: "another client" },
        "several audiences, for us": { token: sign({ ...good(), aud: ["openseer", "b"], azp: "openseer" }), is: "ada" },
        "another issuer": { token: sign({ ...good(), iss: "https://evil.example" }), is: "CLAIM_VALIDATION" },
        expired: { token: sign({ ...good(), exp: nowS() - 120 }), is: "JWT_EXPIRED" },
        "no expiry": { token: sign(without(good(), "exp")), is: "CLAIM_VALIDATION" },
        "another nonce": { token: sign({ ...good(), nonce: "other" }), is: "another sign-in" },
        "no nonce": { token: sign(without(good(), "nonce")), is: "CLAIM_VALIDATION" },
        "no subject": { token: sign(without(good(), "sub")), is: "CLAIM_VALIDATION" },
        "another key": { token: sign(good(), {}, others.privateKey), is: "SIGNATURE_VERIFICATION" },
        unsigned: { token: new UnsecuredJWT(good()).encode(), is: "refused" },
        "signed with the public key": {
          token: new SignJWT(good())
            .setProtectedHeader({ alg: "HS256", kid: "1" })
            .sign(Buffer.from(JSON.stringify(jwk))),
          is: "ALG_NOT_ALLOWED"
        },
        nonsense: { token: "a.b.c", is: "refused" }
      }
      for (const [name, { is, token }] of Object.entries(cases)) {
        idToken = yield* Effect.promise(async () => token)
        assert.include(yield* outcome, is, name)
      }
    })
  )

  it.effect("comes from its token endpoint with our secret and the verifier, and from nowhere that it leads to", () =>
    Effect.gen(function* () {
      idToken = yield* Effect.promise(() => sign(without(without(good(), "email"), "email_verified")))
      asked.length = 0
      const found = yield* Effect.flatMap(client, ({ claimsOf }) => claimsOf("code", request))
      assert.deepInclude(found, { email: "ada@a.example", emailVerified: true }, "of the userinfo endpoint")
      const [, token, , userinfo] = asked
      assert.strictEqual(token?.authorization, `Basic ${Buffer.from("openseer:a%3Ab%20c").toString("base64")}`)
      assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(token?.body)), {
        grant_type: "authorization_code",
        code: "code",
        redirect_uri: "https://a.example/callback",
        code_verifier: "v"
      })
      assert.strictEqual(userinfo?.authorization, "Bearer at")
      const elsewhere = { status: 302, headers: { location: `${issuer}/jwks` } }
      for (const [path, answer, is] of [
        ["/userinfo", { body: JSON.stringify({ sub: "eve", email: "ada@a.example" }) }, "somebody else"],
        ["/token", elsewhere, "unavailable"],
        ["/token", { status: 400, body: "{}" }, "answers 400"],
        ["/token", { body: "{}" }, "no token"],
        ["/jwks", { status: 500 }, "unavailable"],
        ["/jwks", { body: "x".repeat(OidcClient.answerBytesMax + 1) }, "unavailable"],
        ["/.well-known/openid-configuration", { body: JSON.stringify({ issuer: "https://evil.example" }) }, "refused"],
        ["/.well-known/openid-configuration", elsewhere, "unavailable"]
      ] as const) {
        instead = { [path]: answer }
        assert.include(yield* outcome, is, path)
      }
      instead = {}
    })
  )

  it.effect("is checked with new keys as soon as it signs with one that we don't know", () =>
    Effect.gen(function* () {
      const { claimsOf } = yield* client
      idToken = yield* Effect.promise(() => sign(good()))
      yield* claimsOf("code", request)
      const before = jwk
      jwk = { ...(yield* Effect.promise(() => exportJWK(others.publicKey))), kid: "2", alg: "RS256", use: "sig" }
      idToken = yield* Effect.promise(() => sign(good(), { kid: "2" }, others.privateKey))
      assert.strictEqual((yield* claimsOf("code", request)).subject, "ada")
      jwk = before
    })
  )
})

const read = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text
}

const nowS = (): number => Math.floor(Date.now() / 1_000)

const without = (payload: JWTPayload, name: string): JWTPayload =>
  Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name))
