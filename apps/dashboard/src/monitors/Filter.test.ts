import { expect, it } from "vitest"
import { filterOf, groupsQuery, hrefWith, isFiltered, noFilters, sortedAs, sortHref, withoutOrder } from "./Filter.ts"

it("reads the filter from an address, and leaves out what the API would refuse", () => {
  expect(filterOf({ state: "down", q: " shop ", tag: ["a", "b"], sort: "p95", order: "asc", view: "wall" })).toEqual({
    state: "down",
    q: "shop",
    tag: "a",
    sort: "p95",
    order: "asc"
  })
  expect(
    filterOf({ state: "on fire", sort: "constructor", order: "up", kind: "HTTP!", region: "-x", q: "  ", tag: "" })
  ).toEqual({})
  expect(filterOf({ q: "x".repeat(500) }).q).toHaveLength(120)
})

it("an order alone leaves no monitor out", () => {
  expect(isFiltered({ sort: "name" })).toBe(false)
  expect(isFiltered({ tag: "team:web" })).toBe(true)
})

it("keeps the filters where there is no order, and all groups count what the others leave", () => {
  const filter = filterOf({ q: "shop", tag: "a", sort: "p95", order: "asc" })
  expect(withoutOrder(filter)).toEqual({ q: "shop", tag: "a" })
  expect(groupsQuery(filter)).toEqual({ q: "shop" })
  expect(hrefWith("?q=shop&tag=a&sort=p95&view=wall", noFilters)).toBe("/?sort=p95&view=wall")
})

it("changes one parameter of the address and keeps the others", () => {
  expect(hrefWith("?q=a&from=50", { state: "down" })).toBe("/?q=a&state=down")
  expect(hrefWith("?state=down", { state: undefined })).toBe("/")
  expect(hrefWith("", { tag: "a&b=c" })).toBe("/?tag=a%26b%3Dc")
})

it("sorts the other way round the second time, and as it was the third time", () => {
  expect(sortHref("", {}, "p95")).toBe("/?sort=p95")
  expect(sortHref("?sort=p95", { sort: "p95" }, "p95")).toBe("/?sort=p95&order=asc")
  expect(sortHref("?sort=p95&order=asc", { sort: "p95", order: "asc" }, "p95")).toBe("/?sort=p95")
  expect(sortHref("?sort=p95", { sort: "p95" }, "state")).toBe("/")
  expect([sortedAs({}, "state"), sortedAs({}, "name"), sortedAs({ sort: "uptime" }, "uptime")]).toEqual([
    "descending",
    "none",
    "ascending"
  ])
})
