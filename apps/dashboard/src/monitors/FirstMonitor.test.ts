import { expect, it } from "vitest"
import { monitorOf, nameOf, urlOf } from "./FirstMonitor.ts"

it("takes a host that is typed alone for one of https", () => {
  expect(
    ["example.com", " example.com:8443/x ", "localhost:3000", "http://a.b", "HTTPS://a.b", "ftp://a.b", ""].map(urlOf)
  ).toEqual([
    "https://example.com",
    "https://example.com:8443/x",
    "https://localhost:3000",
    "http://a.b",
    "HTTPS://a.b",
    "ftp://a.b",
    ""
  ])
})

it("names a monitor after its host", () => {
  expect(
    ["https://www.example.com/", "https://example.com:8443/health?x=1", "https://", "::1", "a:b"].map(nameOf)
  ).toEqual(["example.com", "example.com:8443/health", "https://", "::1", "a:b"])
  expect(nameOf(`https://example.com/${"x".repeat(300)}`)).toHaveLength(120)
})

it("makes a monitor of what was typed, anywhere when no region was chosen", () => {
  const base = { name: "example.com", kind: "http", spec: { url: "https://example.com" }, intervalMs: 60_000 }
  expect(monitorOf("example.com", [])).toEqual(base)
  expect(monitorOf("example.com", ["eu", "us"])).toEqual({ ...base, regions: ["eu", "us"] })
})
