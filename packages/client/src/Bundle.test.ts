import { assert, it } from "@effect/vitest"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { isBuiltin } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "vite"
import type * as Client from "./index.ts"
import { json, ScriptedServer } from "./testing/ScriptedServer.ts"

/** Bundles a module for browsers, with everything that it needs in one file. */
const bundle = async (entry: string) => {
  const builtins: Array<string> = []
  const result = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@openseer/source", "module", "browser"] },
    plugins: [{ name: "builtins", enforce: "pre", resolveId: (id) => void (isBuiltin(id) && builtins.push(id)) }],
    build: {
      write: false,
      minify: true,
      lib: { entry: fileURLToPath(new URL(entry, import.meta.url)), formats: ["es"], fileName: "client" }
    }
  })
  const chunks = [result].flat().flatMap((part) => ("output" in part ? part.output : []))
  assert.lengthOf(chunks, 1)
  const [chunk] = chunks
  if (chunk?.type !== "chunk") return assert.fail("no code")
  assert.deepStrictEqual([...chunk.imports, ...chunk.dynamicImports], [])
  return { code: chunk.code, builtins }
}

it("both flavours are bundled for browsers without anything of Node, and a bundle works", async () => {
  assert.deepStrictEqual((await bundle("./effect.ts")).builtins, [])
  const { builtins, code } = await bundle("./index.ts")
  assert.deepStrictEqual(builtins, [])
  assert.isBelow(gzipSync(code).length, 100_000)

  await using server = await ScriptedServer.start((response) => json(response, 200, { items: [] }))
  const folder = await mkdtemp(join(tmpdir(), "openseer-bundle-"))
  try {
    const file = join(folder, "client.mjs")
    await writeFile(file, code)
    const { createClient }: typeof Client = await import(/* @vite-ignore */ pathToFileURL(file).href)
    const { regions } = createClient({ baseUrl: server.baseUrl, apiKey: "osk_0123456789" })
    assert.deepStrictEqual((await regions.list()).items, [])
  } finally {
    await rm(folder, { recursive: true })
  }
})
