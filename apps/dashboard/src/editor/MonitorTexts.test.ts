import { expect, it } from "vitest"
import { readMonitor } from "./MonitorTexts.ts"
import * as Fields from "~/forms/Fields.ts"

const schema = { type: "object", properties: { url: { type: "string" }, host: { type: "string" } } }
const types = {
  items: ["http", "icmp"].map((kind) => ({
    kind,
    version: 1,
    title: kind,
    description: "",
    inbound: false,
    schema,
    defaultAssertions: [],
    sources: []
  })),
  assertionSources: []
}

const read = (typed: Record<string, string>) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(typed)) form.set(name, value)
  return readMonitor(Fields.make(form), types).input
}

it("takes a host with a port for one of https, and calls the monitor after it", () => {
  for (const host of ["example.com:8443", "localhost:3000"]) {
    expect(read({ kind: "http", "spec.url": ` ${host} ` })).toMatchObject({
      name: host,
      spec: { url: `https://${host}` }
    })
  }
  expect(read({ kind: "icmp", "spec.host": "db.internal" })).toMatchObject({
    name: "db.internal",
    spec: { host: "db.internal" }
  })
})
