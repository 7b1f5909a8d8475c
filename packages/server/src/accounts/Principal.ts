/**
 * Who is asking, and for which organization: the only place where the credential of a request becomes an organization.
 * An embedding program may put its own sign-in here, and everything behind it stays as it is.
 */
import { type Auth, Problem, Role } from "@openseer/core"
import { Context, Effect, Layer, Option, type Redacted } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { PublicUrl } from "../PublicUrl.ts"
import { ApiKeys } from "./ApiKeys.ts"
import { cookieCounts } from "./RequestOrigin.ts"
import { type KnownSession, Sessions } from "./Sessions.ts"

/** A principal: what the API's handlers know of whoever asks. `renewed`: of a session whose cookie is to be sent again. */
export type Principal = Auth.CurrentPrincipal["Service"] & { readonly renewed?: Redacted.Redacted }

/** What a request says of itself. Header names are in lower case. */
export interface RequestFacts {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string | undefined }
}

/**
 * A principal as an embedding program names it; `id` and `name` stand in the audit log. Without `organizationId` it belongs
 * to the instance's own organization; one that is new is made, with `organizationId` (at most 64 characters) as its name.
 */
export interface EmbedderPrincipal {
  readonly id: string
  readonly name?: string
  readonly organizationId?: string
  readonly scopes: ReadonlyArray<Auth.Scope>
}

/** Turns requests into principals. */
export class Principals extends Context.Service<
  Principals,
  {
    /** Who asks; none without a valid credential. `Forbidden`: somebody who is in no organization. */
    readonly authenticate: (
      request: RequestFacts
    ) => Effect.Effect<Option.Option<Principal>, DatabaseBusy | Problem.Forbidden>
    /** Whose session a request belongs to, in whatever organization; none when it sends `Authorization`. */
    readonly session: (request: RequestFacts) => Effect.Effect<Option.Option<KnownSession>, DatabaseBusy>
  }
>()("@openseer/server/Principals") {
  /**
   * Knows API keys, sent as `Authorization: Bearer osk_…`, and sessions by their cookie, which counts only on requests of
   * our own pages.
   */
  static readonly layer: Layer.Layer<Principals, never, ApiKeys | Sessions> = Layer.effect(
    Principals,
    Effect.gen(function* () {
      const apiKeys = yield* ApiKeys
      const sessions = yield* Sessions
      const publicUrl = yield* PublicUrl

      const session = Effect.fn("Principals.session")(function* (request: RequestFacts) {
        if (request.headers["authorization"] !== undefined || !cookieCounts(request, publicUrl)) return Option.none()
        const token = sessions.read(request.headers["cookie"])
        return Option.isNone(token) ? Option.none() : yield* sessions.authenticate(token.value)
      })

      const authenticate = Effect.fn("Principals.authenticate")(function* (request: RequestFacts) {
        const { authorization } = request.headers
        if (authorization === undefined) {
          const known = yield* session(request)
          return Option.isNone(known) ? Option.none() : Option.some(yield* principalOf(known.value))
        }
        const token = /^Bearer +([^ ]+)$/i.exec(authorization)?.[1]
        if (token === undefined) return Option.none()
        return Option.map(yield* apiKeys.authenticate(token), ({ apiKeyId, organizationKey, scopes }): Principal => ({
          kind: "api_key",
          id: apiKeyId,
          organizationKey,
          scopes
        }))
      })

      return Principals.of({ authenticate, session })
    })
  )

  /** Asks the embedding program first, and takes API keys as well. */
  static readonly layerEmbedder = (
    authenticate: (request: RequestFacts) => Effect.Effect<Option.Option<EmbedderPrincipal>>
  ): Layer.Layer<Principals, never, ApiKeys | Sessions | Database> =>
    Layer.effect(
      Principals,
      Effect.gen(function* () {
        const own = yield* Principals
        const { api } = yield* Database
        const { sql } = api

        const find = (organizationId: string | undefined) => sql<{ key: number }>`
          select organization_key as key from auth.organizations
           where ${
             organizationId === undefined
               ? sql`organization_key = (select i.organization_key from auth.instance i)`
               : sql`organization_id = ${organizationId}`
           }`
        /** The loser of a race finds the row of the winner. */
        const insert = (organizationId: string) => sql<{ key: number }>`
          insert into auth.organizations (organization_id, name) values (${organizationId}, ${organizationId})
          on conflict (organization_id) do update set name = organizations.name returning organization_key as key`

        const keyOf = Effect.fnUntraced(function* (organizationId: string | undefined) {
          const [found] = yield* api.run(find(organizationId))
          if (found !== undefined || organizationId === undefined) return found?.key
          return (yield* api.run(insert(organizationId)))[0]?.key
        })

        return Principals.of({
          session: own.session,
          authenticate: Effect.fn("Principals.authenticate")(function* (request: RequestFacts) {
            const known = Option.getOrUndefined(yield* authenticate(request))
            if (known === undefined) return yield* own.authenticate(request)
            const organizationKey = yield* keyOf(known.organizationId)
            if (organizationKey === undefined) return Option.none()
            const { id, name, scopes } = known
            return Option.some({
              kind: "embedder" as const,
              id,
              ...(name === undefined ? {} : { name }),
              organizationKey,
              scopes
            })
          })
        })
      })
    ).pipe(Layer.provide(Principals.layer))
}

/** What a member may do in the organization of their session: what their role says now. */
const principalOf = Effect.fnUntraced(function* (known: KnownSession) {
  const { organizationKey, renewed, role, sessionId, userId, userKey } = known
  if (organizationKey === undefined || role === undefined) {
    return yield* new Problem.Forbidden({ detail: "you are in no organization: ask for an invitation" })
  }
  return {
    kind: "session",
    id: sessionId,
    organizationKey,
    scopes: Role.scopesOf(role),
    person: { userId, userKey, role },
    ...(renewed === undefined ? {} : { renewed })
  } satisfies Principal
})
