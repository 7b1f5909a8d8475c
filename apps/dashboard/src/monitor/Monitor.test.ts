import { expect, it } from "vitest"
import { specLines } from "./ConfigurationWords.ts"
import { snippets } from "./PingSnippets.ts"
import { axisOf, belongs, merged, newest, whereOf } from "./RunLog.ts"
import { culprits, list, sinceOf, whyWords } from "./StateWords.ts"
import { panned, scaled, startOf, tidy, zoomOf } from "./Zoom.ts"

const phases = { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 }
const result = (second: number, region = "local") =>
  ({
    runId: `mon_1:${region}:${second * 1_000}`,
    region,
    dueAt: new Date(second * 1_000).toISOString(),
    outcome: "up",
    totalUs: second,
    phases,
    sizeBytes: 0,
    latenessUs: 0,
    errorBoundUs: 0
  }) as const

const down = (region: string, since: string, reason: string) => ({ region, state: "down", since, reason }) as const

it("reads a zoom from the address, and nothing from what makes none", () => {
  expect(zoomOf("2026-01-31T09:30:00Z", "2026-01-31T10:30:00Z")).toEqual({
    fromMs: Date.UTC(2026, 0, 31, 9, 30),
    toMs: Date.UTC(2026, 0, 31, 10, 30)
  })
  expect([zoomOf("yesterday", "now"), zoomOf("2026-01-31", "2026-01-30"), zoomOf(undefined, undefined)]).toEqual([
    undefined,
    undefined,
    undefined
  ])
})

it("zooms around an instant, pans, and stays before the present", () => {
  expect(scaled({ fromMs: 0, toMs: 100 }, 0.5, 50)).toEqual({ fromMs: 25, toMs: 75 })
  expect(panned({ fromMs: 0, toMs: 100 }, -0.5)).toEqual({ fromMs: -50, toMs: 50 })
  expect(tidy({ fromMs: 100_000, toMs: 101_000 }, 1_000_000)).toEqual({ fromMs: 70_000, toMs: 131_000 })
  expect(tidy({ fromMs: 900_000, toMs: 1_100_000 }, 1_000_000)).toEqual({ fromMs: 800_000, toMs: 1_000_000 })
})

it("begins a window where buckets do, and not before the monitor was created", () => {
  const now = Date.UTC(2026, 0, 31, 9, 32)
  expect(startOf("24h", now, 0)).toEqual({ fromMs: Date.UTC(2026, 0, 30, 9, 35), isCreation: false })
  expect(startOf("24h", now, Date.UTC(2026, 0, 31, 9, 0, 30))).toEqual({
    fromMs: Date.UTC(2026, 0, 31, 9, 0),
    isCreation: true
  })
  expect(startOf("24h", now, now - 5_000).fromMs).toBe(now - 600_000)
})

it("keeps each run once, newest first, whichever way it came", () => {
  expect(merged([result(3)], [result(3), result(2)], [result(1)]).map(({ totalUs }) => totalUs)).toEqual([3, 2, 1])
  expect(belongs(result(1), { outcome: "down" })).toBe(false)
  expect(belongs(result(1), { outcome: "up", region: "local" })).toBe(true)
  expect(axisOf([1, 2, 3, 4].map((at) => result(at)))).toBe(4)
  expect(axisOf([])).toBe(0)
})

it("takes for the latest run of a log none that another filter left there", () => {
  const elsewhere = result(3)
  const failed = { ...result(2), outcome: "down" } as const
  expect(newest([elsewhere, failed], { outcome: "down" })).toBe(failed.runId)
  expect(newest([elsewhere, failed], { region: "eu-west-1" })).toBeUndefined()
})

it("finds a run by its id, and nothing by what is none", () => {
  expect(whereOf("mon_1:eu-west-1:1000")).toEqual({
    region: "eu-west-1",
    from: "1970-01-01T00:00:01.000Z",
    to: "1970-01-01T00:00:01.001Z"
  })
  expect(["latest", "mon_1:local:99999999999999999", "a:b:0", ""].map(whereOf)).toEqual(Array(4).fill(undefined))
})

it("says why a monitor is not up, and since when", () => {
  const regions = [
    down("b", "2026-01-02T00:00:00Z", "connection_refused"),
    down("a", "2026-01-01T00:00:00Z", "connection_refused"),
    { region: "c", state: "up" } as const
  ]
  expect(culprits(regions, "down").map(({ region }) => region)).toEqual(["a", "b"])
  expect(whyWords({ state: "down", regions })).toBe("Connection refused in a and b.")
  expect(sinceOf({ state: "down", regions, changedAt: "2026-01-03T00:00:00Z" })).toBe("2026-01-01T00:00:00Z")
  expect(whyWords({ state: "unknown", regions: [] })).toContain("never counts as up")
  expect(list(["a", "b", "c"])).toBe("a, b and c")
})

it("says a configuration in words, and never a secret", () => {
  expect(
    specLines({
      url: "https://a.example/",
      headers: {},
      compression: false,
      redirectsMax: 5,
      graceMs: 90_000,
      auth: { password: { secret: "***" } }
    })
  ).toEqual([
    { name: "URL", value: "https://a.example/" },
    { name: "Compression", value: "no" },
    { name: "Redirects max", value: "5" },
    { name: "Grace", value: "1 min 30 s" },
    { name: "Auth: Password", value: "a secret" }
  ])
})

it("writes crontab with the schedule that the monitor has", () => {
  const [, cron] = snippets("https://a.example/ping/x", { schedule: { cron: "5 4 * * *" } })
  expect(cron?.text).toMatch(/^5 4 \* \* \* curl .*\/start; \/path\/to\/job; curl .*\/\$\?$/)
})
