/**
 * QUERY: which monitors a search text finds.
 */
import type { Fragment } from "effect/sql/Statement"
import type { Pool } from "../db/Pool.ts"

/** Where the built-in check types have their target. */
const targetText = "coalesce(m.spec ->> 'url', m.spec ->> 'host', m.spec ->> 'name', '')"

/** Whether the name of `m`, a monitor, or the URL or host that it checks has a part that is `text`, whatever the case. */
export const matches = (sql: Pool["sql"], text: string): Fragment => {
  const part = text.toLowerCase()
  return sql`(strpos(lower(m.name), ${part}) > 0 or strpos(lower(${sql.literal(targetText)}), ${part}) > 0)`
}
