/**
 * SCHEDULE: the tokens of ping URLs (`oshb_…`), one a heartbeat: stored as a hash, shown once.
 */
import { Problem } from "@openseer/core"
import { Context, Effect, Layer, type Redacted } from "effect"
import { newToken } from "../accounts/TokenHash.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"

/** Makes tokens; `Heartbeats` takes them. */
export class PingTokens extends Context.Service<
  PingTokens,
  {
    /**
     * Gives a heartbeat a new token, which is told this once; the one before ends. Fails with `BadInput` when the monitor
     * is of another kind, and with `NotFound`.
     */
    readonly renew: (
      organizationKey: number,
      monitorId: string
    ) => Effect.Effect<Redacted.Redacted, DatabaseBusy | Problem.BadInput | Problem.NotFound>
  }
>()("@openseer/server/PingTokens") {
  static readonly layer: Layer.Layer<PingTokens, never, Database> = Layer.effect(
    PingTokens,
    Effect.gen(function* () {
      const { api, asOrganization } = yield* Database
      const { sql } = api

      /** By its unique identifier. */
      const find = (organizationKey: number, monitorId: string) => sql<{ monitor_key: number }>`
        select monitor_key from app.monitors
         where monitor_id = ${monitorId} and organization_key = ${organizationKey} and deleted_at is null`

      /** Locks the row, after the signal that is at it. Run twice, the last token holds. By primary key. */
      const write = (monitorKey: number, hash: string) => sql<{ monitor_key: number }>`
        update app.heartbeats set token_hash = decode(${hash}, 'hex') where monitor_key = ${monitorKey}
        returning monitor_key`

      const renew = Effect.fn("PingTokens.renew")(function* (organizationKey: number, monitorId: string) {
        const { hash, token } = yield* newToken("oshb")
        yield* asOrganization(
          organizationKey,
          Effect.gen(function* () {
            const [monitor] = yield* find(organizationKey, monitorId)
            if (monitor === undefined) return yield* new Problem.NotFound()
            const written = yield* write(monitor.monitor_key, hash)
            if (written.length > 0) return
            return yield* new Problem.BadInput({
              errors: [{ path: "monitorId", message: "only a heartbeat monitor has a ping URL" }]
            })
          })
        )
        return token
      })

      return PingTokens.of({ renew })
    })
  )
}
