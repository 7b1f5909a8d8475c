import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { defaultRetention, retentionConfig } from "./RetentionConfig.ts"

const from = (env: Record<string, string>) => retentionConfig.parse(ConfigProvider.fromEnvRecord(env))

describe("the configuration of retention", () => {
  it.effect("has defaults, takes whole numbers, and refuses everything else", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* from({}), defaultRetention)
      const chosen = yield* from({ OPENSEER_RETENTION_RAW_DAYS: "7", OPENSEER_RETENTION_HOURLY_MONTHS: "24" })
      assert.deepStrictEqual(chosen, { ...defaultRetention, rawDays: 7, hourlyMonths: 24 })
      for (const wrong of ["0", "-1", "1.5", "a month"]) {
        const refused = yield* Effect.flip(from({ OPENSEER_RETENTION_RAW_DAYS: wrong }))
        assert.match(String(refused.message), /OPENSEER_RETENTION_RAW_DAYS/)
      }
    })
  )
})
