/**
 * What a page makes a browser load: the scripts that it names, and what those import.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "vitest"
import { dashboardFolder } from "../../scripts/dashboard/DashboardBuild.ts"
import * as Account from "./Account.ts"
import * as DashboardProcess from "./DashboardProcess.ts"

const monitors = { up: 1, degraded: 0, down: 0, unknown: 0, paused: 0, pending: 0 }

/** A control plane of one person, with a monitor and without a row: what is loaded does not depend on rows. */
const answers: Readonly<Record<string, unknown>> = {
  "/api/v1/account": Account.owner,
  "/api/v1/overview": { monitors, attention: [], workers: { active: 1, lost: 0 } },
  "/api/v1/overview/monitors": { items: [], total: 0, offset: 0 },
  "/api/v1/overview/tags": { items: [] },
  "/api/v1/regions": { items: [] },
  "/api/v1/check-types": { items: [{ kind: "smtp", schema: { description: "of many words" } }] }
}

const read = (path: string): Buffer => readFileSync(join(dashboardFolder, ".output/public", path))

/** What the build says of its scripts; those that one imports are named by their keys. */
type Manifest = Readonly<Record<string, { readonly file: string; readonly imports?: ReadonlyArray<string> }>>

/** The paths of these scripts and of all that they import. */
const withImports = (files: ReadonlyArray<string>): ReadonlySet<string> => {
  const manifest = JSON.parse(read(".vite/manifest.json").toString()) as Manifest
  const found = new Set<string>()
  const add = (key: string): void => {
    const { file, imports = [] } = manifest[key]!
    if (found.has(file)) return
    found.add(file)
    for (const one of imports) add(one)
  }
  for (const [key, { file }] of Object.entries(manifest)) if (files.includes(file)) add(key)
  return found
}

describe("The scripts of a page", () => {
  it("weigh less than 60 kB for the list of monitors, compressed, with what they import", async () => {
    await using dashboard = await DashboardProcess.start()
    dashboard.script((request, response) => {
      const answer = answers[request.url!.split("?")[0]!]
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" })
      response.end(JSON.stringify(answer ?? { type: "urn:x", title: "There is nothing here", status: 404 }))
    })
    const html = await (await fetch(dashboard.url)).text()
    assert.include(html, "No monitors")
    // In its place without a script, and without what the page has no use for.
    assert.match(html, /<select[^>]*name="kind"((?!<template|<\/select>).)*value="smtp"/s)
    assert.notInclude(html, "of many words")
    const named = [...html.matchAll(/"\/(_build\/[^"]+\.js)"/g)].map(([, path]) => path!)
    const scripts = withImports(named)
    assert.isTrue([...scripts].some((path) => path.includes("/list-")))
    const weight = [...scripts].reduce((sum, path) => sum + gzipSync(read(path), { level: 9 }).length, 0)
    assert.isBelow(weight, 60_000, [...scripts].join(", "))
    // A request each: they are few, since what pages share is bundled.
    assert.isBelow(scripts.size, 20)
  }, 180_000)
})
