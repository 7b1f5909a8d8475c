/**
 * The browser of these tests: the one that `OPENSEER_TEST_BROWSER` names, else Chromium as the package
 * `@sparticuz/chromium` brings it, with the libraries and a font that it needs. Nothing is downloaded.
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { arch, platform } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** An executable and what its environment must say. */
export interface Chromium {
  readonly path: string
  readonly env: Record<string, string>
}

const given = process.env["OPENSEER_TEST_BROWSER"] || undefined

/** Whether this machine has one: the package is for Linux on x64. */
export const isAvailable = given !== undefined || (platform() === "linux" && arch() === "x64")

const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url))

/** Finds it; unpacks that of the package, 0.2 GB, when no earlier run did. */
export const locate = async (): Promise<Chromium> => {
  if (given !== undefined) return { path: given, env: {} }
  const module = createRequire(import.meta.url).resolve("@sparticuz/chromium")
  const manifest = await readFile(join(dirname(module), "../package.json"), "utf8")
  const folder = join(cache, `chromium-${(JSON.parse(manifest) as { readonly version: string }).version}`)
  if (!existsSync(folder)) await unpack(module, folder)
  return {
    path: join(folder, "chromium"),
    env: {
      LD_LIBRARY_PATH: join(folder, "al2023/lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf")
    }
  }
}

/** Into a folder of our own, which appears whole or not at all: several runs may want it at once. */
const unpack = async (module: string, folder: string): Promise<void> => {
  await mkdir(cache, { recursive: true })
  const made = await mkdtemp(`${folder}-`)
  const program = `import(${JSON.stringify(module)}).then(({ default: chromium }) => chromium.executablePath())`
  // It unpacks into the temporary folder, and the libraries only where it believes to be in the cloud.
  const env = { ...process.env, TMPDIR: made, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" }
  await promisify(execFile)(process.execPath, ["--eval", program], { env })
  const folders = [join(folder, "fonts"), "/usr/share/fonts"].map((path) => `<dir>${path}</dir>`).join("")
  await writeFile(
    join(made, "fonts.conf"),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>${folders}<cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>\n`
  )
  await rename(made, folder).catch(() => rm(made, { recursive: true }))
}
