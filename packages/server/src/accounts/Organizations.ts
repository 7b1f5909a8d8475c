/**
 * Organizations: what they are called, and who makes a new one.
 */
import type { OrganizationApi } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** Reads, renames and makes organizations. */
export class Organizations extends Context.Service<
  Organizations,
  {
    /** The organization of a principal, which exists. */
    readonly get: (organizationKey: number) => Effect.Effect<OrganizationApi.Organization, DatabaseBusy>
    /** Gives it another name. Its identifier stays. */
    readonly rename: (
      organizationKey: number,
      name: string
    ) => Effect.Effect<OrganizationApi.Organization, DatabaseBusy>
    /**
     * A new organization whose owner is the user. Two statements, for a transaction of the caller's:
     * `Database.asInstance`. That may be repeated: the identifier is drawn outside of it, so that the second run finds the
     * organization of the first.
     */
    readonly create: (
      name: string,
      ownerKey: number,
      organizationId: string
    ) => Effect.Effect<{ readonly organizationKey: number; readonly organizationId: string }, SqlError>
  }
>()("@openseer/server/Organizations") {
  static readonly layer: Layer.Layer<Organizations, never, Database> = Layer.effect(
    Organizations,
    Effect.gen(function* () {
      const { api, asOrganization } = yield* Database
      const { sql } = api
      const columns = sql.literal("organization_id, name, monitors_max, created_at")

      /** By primary key. */
      const find = (organizationKey: number) => sql<OrganizationRow>`
        select ${columns} from auth.organizations where organization_key = ${organizationKey}`

      /** Locks the row. Safe to run twice. */
      const write = (organizationKey: number, name: string) => sql<OrganizationRow>`
        update auth.organizations set name = ${name} where organization_key = ${organizationKey} returning ${columns}`

      const insert = (organizationId: string, name: string) => sql<{ key: number }>`
        insert into auth.organizations (organization_id, name) values (${organizationId}, ${name})
        on conflict (organization_id) do update set name = organizations.name
        returning organization_key as key`

      const insertOwner = (organizationKey: number, userKey: number) => sql`
        insert into auth.members (organization_key, user_key, role) values (${organizationKey}, ${userKey}, 'owner')
        on conflict (organization_key, user_key) do nothing`

      const create = Effect.fn("Organizations.create")(function* (
        name: string,
        ownerKey: number,
        organizationId: string
      ) {
        const [{ key } = { key: Number.NaN }] = yield* insert(organizationId, name)
        yield* insertOwner(key, ownerKey)
        return { organizationKey: key, organizationId }
      })

      return Organizations.of({
        get: Effect.fn("Organizations.get")((organizationKey: number) =>
          Effect.map(asOrganization(organizationKey, find(organizationKey)), toOrganization)
        ),
        rename: Effect.fn("Organizations.rename")((organizationKey: number, name: string) =>
          Effect.map(asOrganization(organizationKey, write(organizationKey, name)), toOrganization)
        ),
        create
      })
    })
  )
}

interface OrganizationRow {
  readonly organization_id: string
  readonly name: string
  readonly monitors_max: number
  readonly created_at: Date
}

const toOrganization = ([row]: ReadonlyArray<OrganizationRow>): OrganizationApi.Organization => ({
  id: row!.organization_id,
  name: row!.name,
  monitorsMax: row!.monitors_max,
  createdAt: row!.created_at.toISOString()
})
