import { assert, describe, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import { HeartbeatCheck, HeartbeatSpec, intervalMs } from "./HeartbeatCheck.ts"

const decode = Schema.decodeUnknownExit(HeartbeatSpec, { errors: "all", onExcessProperty: "error" })
const decoded = Schema.decodeUnknownSync(HeartbeatSpec)
const minute = 60_000

describe("the spec of a heartbeat", () => {
  it("is a period or a cron expression in a time zone, UTC by default, with a grace of five minutes by default", () => {
    assert.deepStrictEqual(decoded({ schedule: { periodMs: 5 * minute } }), {
      schedule: { periodMs: 5 * minute },
      graceMs: 300_000
    })
    assert.deepStrictEqual(decoded({ schedule: { cron: "0 3 * * *" }, graceMs: minute, runMsMax: 90 * minute }), {
      schedule: { cron: "0 3 * * *", timeZone: "UTC" },
      graceMs: minute,
      runMsMax: 90 * minute
    })
  })

  it("is refused with what is wrong", () => {
    const table: ReadonlyArray<readonly [unknown, RegExp]> = [
      [{}, /schedule/],
      [{ schedule: {} }, /periodMs|cron/],
      [{ schedule: { periodMs: 9_999 } }, /10000/],
      [{ schedule: { periodMs: 367 * 86_400_000 } }, /between/],
      [{ schedule: { cron: "0 3 * *" } }, /five fields/],
      [{ schedule: { cron: "0 0 30 2 *" } }, /never comes/],
      [{ schedule: { cron: "0 3 * * *", timeZone: "Mars/Olympus" } }, /time zone, like Europe\/Berlin/],
      [{ schedule: { periodMs: minute }, graceMs: 999 }, /between/],
      [{ schedule: { periodMs: minute }, graceMs: 101 * minute }, /at most 100 times .* 1 h 40 min/],
      [{ schedule: { cron: "* * * * *" }, runMsMax: 101 * minute }, /at most 100 times/],
      [{ schedule: { periodMs: minute }, url: "https://a.example" }, /url/]
    ]
    for (const [spec, expected] of table) {
      const exit = decode(spec)
      assert.isTrue(Exit.isFailure(exit), JSON.stringify(spec))
      assert.match(String(exit), expected, JSON.stringify(spec))
    }
  })

  it("gives the monitor its interval, and lists a line", () => {
    const spec = { schedule: { cron: "0 9,18 * * 1-5", timeZone: "Europe/Berlin" }, graceMs: 90_000 }
    assert.strictEqual(intervalMs(spec), 9 * 60 * minute)
    assert.strictEqual(intervalMs({ schedule: { periodMs: 30 * 86_400_000 } }), 86_400_000)
    assert.strictEqual(HeartbeatCheck.target(spec), "0 9,18 * * 1-5 Europe/Berlin, grace 1 min 30 s")
    assert.strictEqual(
      HeartbeatCheck.target({ schedule: { periodMs: 5 * minute }, graceMs: minute }),
      "every 5 min, grace 1 min"
    )
  })

  it("leaves nothing to assertions and workers", () => {
    assert.isTrue(HeartbeatCheck.inbound)
    assert.deepStrictEqual(HeartbeatCheck.sources, [])
    assert.deepStrictEqual(HeartbeatCheck.defaultAssertions, [])
  })
})
