import { assert, describe, it } from "@effect/vitest"
import { HostileTargets } from "@openseer/worker-sdk/testing"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("bin.ts", import.meta.url))

/** Runs the command as a process of its own, without a terminal. */
const check = (...args: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    const child = execFile(
      process.execPath,
      ["--conditions=@openseer/source", bin, "check", ...args],
      { env: {} },
      (error, stdout, stderr) => resume(Effect.succeed({ code: Number(error?.code ?? 0), stdout, stderr }))
    )
    return Effect.sync(() => child.kill())
  })

describe("openseer-worker check", () => {
  it.live("prints the phases of a target that is up, and exits with 0", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.slow({ ttfbMs: 20, downloadMs: 20 })
      const { code, stderr, stdout } = yield* check(url)
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.include(stdout, `✔ up  200  GET  ${url}`)
      for (const name of ["dns", "connect", "tls", "ttfb", "download", "total"]) assert.include(stdout, `\n  ${name} `)
      assert.notInclude(stdout, "\u001b")
    })
  )

  it.live("exits with 1 when the target is down", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.refusing
      const { code, stderr, stdout } = yield* check(url)
      assert.deepStrictEqual([code, stderr], [1, ""])
      assert.include(stdout, "✖ down")
      assert.include(stdout, "connection_refused")
    })
  )

  it.live("exits with 2 when it could not check", () =>
    Effect.gen(function* () {
      const results = yield* Effect.all([check("nowhere"), check("http://169.254.169.254/latest/meta-data/")], {
        concurrency: 2
      })
      for (const { code, stdout } of results) {
        assert.strictEqual(code, 2)
        assert.include(stdout, "? error")
      }
      assert.include(results[0].stdout, "must be like https://example.com/health")
      assert.include(results[1].stdout, "metadata service")
    })
  )

  it.live("sends what it is told to and prints the judgement as JSON", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const { url } = yield* HostileTargets.http(({ headers, method }, response) => {
        seen.push([method, headers["x-a"], headers["x-b"], headers["content-length"]])
        response.writeHead(404).end("gone")
      })
      const { code, stdout } = yield* check(
        url,
        ..."--json -X POST --body {} -H X-A:a:b -H x-b:2 --timeout-ms 5000".split(" ")
      )
      assert.deepStrictEqual(seen, [["POST", "a:b", "2", "2"]])
      const judged = JSON.parse(stdout)
      assert.deepInclude(judged, { outcome: "down", reason: "status" })
      assert.deepInclude(judged.observation, { statusCode: 404, sizeBytes: 4 })
      assert.strictEqual(code, 1)
    })
  )
})
