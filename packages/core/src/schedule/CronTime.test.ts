import { assert, describe, it } from "@effect/vitest"
import * as CronTime from "./CronTime.ts"

const following = (expression: string, timeZone: string, after: string, count: number): ReadonlyArray<string> => {
  const found: Array<string> = []
  let at = Date.parse(after)
  for (let i = 0; i < count; i++) {
    at = CronTime.next(expression, timeZone, at)
    found.push(new Date(at).toISOString().slice(0, 16))
  }
  return found
}

describe("the instants of a cron expression", () => {
  it("go by the clock on the wall of their time zone", () => {
    assert.deepStrictEqual(following("0 3 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z", 1), ["2026-01-01T02:00"])
    assert.deepStrictEqual(following("0 3 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", 1), ["2026-07-01T01:00"])
    assert.deepStrictEqual(following("0 9 * * mon-fri", "UTC", "2026-01-02T10:00:00Z", 2), [
      "2026-01-05T09:00",
      "2026-01-06T09:00"
    ])
  })

  it("that clocks skip come as soon as the hour is over, once", () => {
    // 02:00 to 03:00 in Berlin is missing on 2026-03-29; the change is at 01:00 UTC.
    for (const expression of ["30 2 * * *", "0,30 2 29 3 *"]) {
      assert.strictEqual(following(expression, "Europe/Berlin", "2026-03-28T12:00:00Z", 1)[0], "2026-03-29T01:00")
    }
    assert.deepStrictEqual(following("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", 1), ["2026-03-30T00:30"])
  })

  it("that clocks repeat come the first time only", () => {
    assert.deepStrictEqual(following("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2), [
      "2026-10-25T00:30",
      "2026-10-26T01:30"
    ])
  })

  it("go on in even steps through changes of the clock when their minute or hour begins with a star", () => {
    assert.deepStrictEqual(following("30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", 4), [
      "2026-10-25T00:30",
      "2026-10-25T01:30",
      "2026-10-25T02:30",
      "2026-10-25T03:30"
    ])
    assert.deepStrictEqual(following("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 4), [
      "2026-03-29T00:30",
      "2026-03-29T01:00",
      "2026-03-29T01:30",
      "2026-03-29T02:00"
    ])
    assert.strictEqual(following("*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 1)[0], "2026-03-30T00:00")
  })

  it("advance in a zone whose change is half an hour", () => {
    const instants = following("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T00:00:00Z", 3)
    assert.deepStrictEqual(instants.toSorted(), instants)
    assert.strictEqual(new Set(instants).size, 3)
  })

  it("are refused with a sentence when there are none", () => {
    assert.isUndefined(CronTime.problemOf("*/5 0-6 * jan,jul 1-5"))
    assert.match(CronTime.problemOf("61 * * * *") ?? "", /is not a cron expression/)
    assert.match(CronTime.problemOf("* * * * * *") ?? "", /five fields.*has 6/)
    assert.match(CronTime.problemOf("@daily") ?? "", /five fields/)
    assert.match(CronTime.problemOf("0 0 31 2 *") ?? "", /never comes/)
    assert.isFalse(CronTime.isTimeZone("Europe/Atlantis"))
    assert.isTrue(CronTime.isTimeZone("Europe/Berlin"))
  })
})
