/**
 * Writes the documents that are generated: `npm run docs`. With `--check` it only compares, and says which are stale.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as AccessDocument from "./docs/AccessDocument.ts"
import * as ChecksDocument from "./docs/ChecksDocument.ts"

const documents: Readonly<Record<string, () => string>> = {
  "docs/access.md": AccessDocument.render,
  "docs/checks.md": ChecksDocument.render
}

/** As the formatter wants it, so that what is written is what is committed. */
const formatted = (text: string): string => {
  const folder = mkdtempSync("docs/.generated-")
  const file = join(folder, "document.md")
  writeFileSync(file, text)
  spawnSync("oxfmt", [file])
  const result = readFileSync(file, "utf8")
  rmSync(folder, { recursive: true })
  return result
}

const isCheck = process.argv.includes("--check")
for (const [path, render] of Object.entries(documents)) {
  const text = formatted(render())
  if (!isCheck) writeFileSync(path, text)
  else if (readFileSync(path, "utf8") !== text) {
    console.log(`${path} is stale: run npm run docs`)
    process.exitCode = 1
  }
}
