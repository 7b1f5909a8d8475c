#!/usr/bin/env node
// Installed, this runs what was built. In a checkout nothing is built: the sources run as they are.
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 7)) {
  console.error(`The control plane of OpenSeer needs Node.js 24.7 or newer; this is ${process.versions.node}`)
  process.exit(1)
}
if (import.meta.url.includes("/node_modules/")) await import("../dist/cli/bin.js")
else {
  const source = fileURLToPath(new URL("../src/cli/bin.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions=@openseer/source", source, ...process.argv.slice(2)], {
    stdio: "inherit"
  })
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal))
  child.once("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]))
}
