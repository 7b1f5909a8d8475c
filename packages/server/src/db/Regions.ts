/**
 * Names of regions and their keys: the only writer of `app.regions`. A name is the organization's own region, else the
 * instance's; `global` is always the organization's own.
 *
 * Keys are `smallint` for all organizations together, and a conflicting insert would use one up, so rows are looked for
 * before they are inserted.
 */
import { Region } from "@openseer/core"
import { Effect } from "effect"
import { lockGrowth } from "./OrganizationLock.ts"
import type { Pool } from "./Pool.ts"

/** The most regions that one organization may have of its own. */
export const ownRegionsMax = 200

/**
 * The keys of some names, in their order; `undefined` for those that this organization can't use. Makes `global`.
 * Runs inside `asOrganization`. Served by the unique key of regions.
 */
export const resolve = Effect.fn("Regions.resolve")(function* (
  sql: Pool["sql"],
  organizationKey: number,
  names: ReadonlyArray<string>
) {
  const rows = yield* sql<{ name: string; key: number }>`
    select distinct on (name) name, region_key::int as key from app.regions
     where ${sql.in("name", names)}
       and (organization_key = ${organizationKey} or organization_key is null and name <> ${Region.anyRegion})
     order by name, organization_key nulls last`
  const keys = new Map(rows.map((row) => [row.name, row.key]))
  if (names.includes(Region.anyRegion) && !keys.has(Region.anyRegion)) {
    keys.set(Region.anyRegion, yield* insertOwn(sql, organizationKey, Region.anyRegion))
  }
  return names.map((name) => keys.get(name))
})

/**
 * The key of the organization's own region of that name, made when it is new; `undefined` when the organization has as
 * many as it may have. Runs inside `asOrganization`.
 */
export const ensureOwn = Effect.fn("Regions.ensureOwn")(function* (
  sql: Pool["sql"],
  organizationKey: number,
  name: string
) {
  const own = yield* findKey(sql, organizationKey, name)
  if (own !== undefined) return own
  yield* lockGrowth(sql, organizationKey)
  const [counted] = yield* sql<{ count: number }>`
    select count(*)::int as count from app.regions where organization_key = ${organizationKey}`
  if ((counted?.count ?? 0) >= ownRegionsMax) return undefined
  return yield* insertOwn(sql, organizationKey, name)
})

/** The key of the instance's region of that name, made when it is new. Runs with all rights, in a transaction. */
export const ensureInstances = Effect.fn("Regions.ensureInstances")(function* (sql: Pool["sql"], name: string) {
  const found = yield* findKey(sql, null, name)
  return found ?? (yield* insertOwn(sql, null, name))
})

const findKey = Effect.fnUntraced(function* (sql: Pool["sql"], organizationKey: number | null, name: string) {
  const [row] = yield* sql<{ key: number }>`
    select region_key::int as key from app.regions
     where organization_key is not distinct from ${organizationKey}::int and name = ${name}`
  return row?.key
})

/** Inserts under the lock, after a second look: another request may have made it meanwhile. */
const insertOwn = Effect.fnUntraced(function* (sql: Pool["sql"], organizationKey: number | null, name: string) {
  yield* lockGrowth(sql, organizationKey ?? 0)
  const found = yield* findKey(sql, organizationKey, name)
  if (found !== undefined) return found
  const rows = yield* sql<{ key: number }>`
    insert into app.regions (organization_key, name) values (${organizationKey}::int, ${name})
    returning region_key::int as key`
  return rows[0]!.key
})
