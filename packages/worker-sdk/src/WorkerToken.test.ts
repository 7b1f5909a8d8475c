import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { WorkerRpc } from "@openseer/core"
import { Effect, FileSystem, Layer, Redacted } from "effect"
import { ControlPlane } from "./ControlPlane.ts"
import * as Scripted from "./testing/ScriptedControlPlane.ts"
import { WorkerToken, type WorkerTokenOptions } from "./WorkerToken.ts"

/** Enrolls by giving out `ostk_1`, `ostk_2`, …; knows the tokens in `known`. */
const makeServer = (known: Set<string>) => {
  let count = 0
  return Scripted.make({
    enroll: () =>
      Effect.sync(() => {
        known.add(`ostk_${++count}`)
        return { workerId: `worker-${count}`, token: `ostk_${count}`, regionName: "test-1" }
      }),
    knows: (token) => known.has(token)
  })
}

const options: WorkerTokenOptions = { enrollmentToken: Redacted.make("osen_secret"), name: "test", version: "0.1.0" }

const make = (url: string, own: Partial<WorkerTokenOptions>) =>
  Effect.gen(function* () {
    const token = yield* WorkerToken.make({ ...options, ...own })
    const controlPlane = yield* ControlPlane
    return { token, release: token.authorized(controlPlane.releaseJobs([])) }
  }).pipe((program) =>
    Effect.flatMap(Layer.build(ControlPlane.layer(url)), (context) => Effect.provide(program, context))
  )

const inFolder = <A, E, R>(test: (file: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* test(`${yield* fs.makeTempDirectoryScoped()}/kept/worker.json`)
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)

describe("WorkerToken", () => {
  it.live("enrolls once and keeps the token, readable by its owner alone", () =>
    inFolder((tokenFile) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const server = yield* makeServer(new Set())
        yield* make(server.url, { tokenFile })
        const again = yield* make(server.url, { tokenFile })

        assert.strictEqual(again.token.workerId(), "worker-1")
        assert.strictEqual(again.token.regionName(), "test-1")
        assert.strictEqual(server.callsOf("Enroll").length, 1)
        assert.strictEqual((yield* fs.stat(tokenFile)).mode & 0o777, 0o600)
        assert.deepStrictEqual(JSON.parse(yield* fs.readFileString(tokenFile)), {
          controlPlaneUrl: server.url,
          workerId: "worker-1",
          regionName: "test-1",
          token: "ostk_1"
        })
        // Nothing is left of the temporary file.
        assert.strictEqual((yield* fs.readDirectory(tokenFile.replace(/\/[^/]*$/, ""))).length, 1)
        yield* again.release
        assert.strictEqual(server.callsOf("ReleaseJobs")[0]!.token, "ostk_1")
      })
    )
  )

  it.live("enrolls again, once for all calls, when its token is refused and that is allowed", () =>
    inFolder((tokenFile) =>
      Effect.gen(function* () {
        const known = new Set<string>()
        const server = yield* makeServer(known)
        const { release, token } = yield* make(server.url, { tokenFile, reenroll: true })
        known.clear()
        yield* Effect.all([release, release, release], { concurrency: "unbounded" })
        assert.strictEqual(server.callsOf("Enroll").length, 2)
        assert.strictEqual(token.workerId(), "worker-2")
        assert.strictEqual((yield* make(server.url, { tokenFile })).token.workerId(), "worker-2")
      })
    )
  )

  it.live("does not go round in circles when the new token is refused as well", () =>
    Effect.gen(function* () {
      const server = yield* makeServer(new Set())
      server.script.knows = () => false
      const { release } = yield* make(server.url, { reenroll: true })
      assert.strictEqual((yield* Effect.flip(release)).message.includes("enroll again"), true)
      assert.strictEqual(server.callsOf("Enroll").length, 2)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("never sends a token to another control plane than its own", () =>
    inFolder((tokenFile) =>
      Effect.gen(function* () {
        const first = yield* makeServer(new Set())
        const second = yield* makeServer(new Set())
        yield* make(first.url, { tokenFile })
        const { enrollmentToken: _, ...without } = options
        const refused = yield* WorkerToken.make({ ...without, tokenFile }).pipe(
          Effect.provide(ControlPlane.layer(second.url)),
          Effect.flip
        )
        assert.strictEqual(refused._tag, "WorkerStopped")
        assert.include(refused.message, `it belongs to the control plane ${first.url}`)
        assert.strictEqual(second.calls.length, 0)
        yield* make(second.url, { tokenFile })
        assert.strictEqual(second.callsOf("Enroll").length, 1)
      })
    )
  )

  it.live("stops with a sentence, without the token in it, when it cannot enroll or read the file", () =>
    inFolder((tokenFile) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const server = yield* makeServer(new Set())
        server.script.enroll = () => Effect.fail(new WorkerRpc.EnrollmentRefused({ message: "it has expired" }))
        const refused = yield* Effect.flip(make(server.url, { tokenFile }))
        assert.strictEqual(refused.message, "the control plane refused the enrollment: it has expired")
        assert.deepStrictEqual(yield* fs.readDirectory(tokenFile.replace(/\/[^/]*$/, "")), [])

        yield* fs.writeFileString(tokenFile, '{"token":"ostk_precious"')
        const unreadable = yield* Effect.flip(make(server.url, { tokenFile }))
        assert.include(unreadable.message, "is not a worker token file")
        assert.notInclude(JSON.stringify(unreadable), "ostk_precious")

        const spent = server.callsOf("Enroll").length
        const unwritable = yield* Effect.flip(make(server.url, { tokenFile: `${tokenFile}/below-a-file.json` }))
        assert.include(unwritable.message, "cannot be")
        assert.strictEqual(server.callsOf("Enroll").length, spent)
      })
    )
  )

  it.live("waits for a control plane that is not there yet", () =>
    Effect.gen(function* () {
      const server = yield* makeServer(new Set())
      let refusals = 3
      server.script.fate = () => (refusals-- > 0 ? { status: 503 } : "answer")
      const { token } = yield* make(server.url, {})
      assert.strictEqual(token.workerId(), "worker-1")
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
