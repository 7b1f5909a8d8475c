/**
 * Runs the program of an example as its reader would, on an embedded PostgreSQL of its own, to look at it from outside.
 */
import { createClient, OpenSeerError } from "@openseer/client"
import { EmbeddedPostgres } from "@openseer/server/embedded"
import { ManagedRuntime, Redacted } from "effect"
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Gives `use` the URL of an empty database that is gone afterwards. */
export const withDatabase = async (use: (databaseUrl: string) => Promise<void>): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), "openseer-example-"))
  const postgres = ManagedRuntime.make(EmbeddedPostgres.layer({ dataDir, durable: false }))
  try {
    await use(await postgres.runPromise(EmbeddedPostgres.useSync(({ url }) => Redacted.value(url))))
  } finally {
    await postgres.dispose()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Runs a program until it says where it listens, gives `use` that URL, and then asks it to stop, which it must. */
export const withServer = async (
  file: string,
  env: Readonly<Record<string, string>>,
  use: (url: string) => Promise<void>
): Promise<void> => {
  const program = run(file, env)
  try {
    const url = await Promise.race([program.said(/http:\/\/\S+/), program.ended])
    if (typeof url !== "string") assert.fail(`${file} ended with code ${url} before it listened`)
    await use(url)
  } finally {
    program.stop()
    await program.ended
  }
  assert.equal(await program.ended, 0, `${file} stops when it is told to`)
}

/** Runs a program to its end, which must be a good one. Gives what it printed. */
export const outputOf = async (file: string, env: Readonly<Record<string, string>>): Promise<string> => {
  const program = run(file, env)
  assert.equal(await program.ended, 0, `${file} ends with code 0`)
  return program.output()
}

const run = (file: string, env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, ["--conditions=@openseer/source", file], {
    env: { ...process.env, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text
    process.stdout.write(text)
  })
  return {
    output: () => output,
    said: async (what: RegExp): Promise<string> => {
      for (;;) {
        const [found] = what.exec(output) ?? []
        if (found !== undefined) return found
        await once(child.stdout, "data")
      }
    },
    ended: once(child, "close").then(([code]) => code as number | null),
    stop: () => child.kill("SIGTERM")
  }
}

/**
 * Looks at a program that embeds OpenSeer at `url` behind its own sign-in, with the sessions `alice` and `bob` of two
 * customers.
 */
export const checkEmbedded = async (url: string): Promise<void> => {
  const as = (session: string) =>
    createClient({
      baseUrl: url,
      fetch: (input, init) => {
        const headers = new Headers(init?.headers)
        headers.set("cookie", `session=${session}`)
        return fetch(input, { ...init, headers })
      }
    })

  const shop = await as("alice").monitors.create({ name: "Shop", spec: { url: "https://shop.example.com" } })
  const hers = await as("alice").monitors.list()
  assert.deepEqual(
    hers.items.map(({ id, name }) => ({ id, name })),
    [{ id: shop.id, name: "Shop" }]
  )
  assert.deepEqual((await as("bob").monitors.list()).items, [], "another customer sees nothing of it")
  await assert.rejects(
    as("nobody").monitors.list(),
    (error) => error instanceof OpenSeerError && error.kind === "Unauthorized"
  )
  assert.equal((await fetch(`${url}/livez`)).status, 200)
}
