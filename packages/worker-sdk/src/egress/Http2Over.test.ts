import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as HostileTargets from "../testing/HostileTargets.ts"

const program = fileURLToPath(new URL("../testing/CollectedSessions.ts", import.meta.url))

const endOf = (port: number) =>
  Effect.callback<{ readonly error: unknown; readonly said: string }>((resume) => {
    const args = ["--conditions=@openseer/source", "--expose-gc", program, String(port)]
    const child = execFile(process.execPath, args, (error, stdout, stderr) =>
      resume(Effect.succeed({ error, said: `${stdout}${stderr}` }))
    )
    return Effect.sync(() => child.kill())
  })

/** A frame of HTTP/2 (RFC 9113 section 4.1). */
const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const [headers, settings, continuation] = [1, 4, 9]
const [ack, endStream, endHeaders] = [1, 1, 4]
const none = Buffer.alloc(0)

/** A status of 200 and 3,000 header fields, each a literal (RFC 7541 section 6.2.2), in two frames. */
const tooManyFields = (): Buffer => {
  const fields = Array.from({ length: 3_000 }, (_, i) => {
    const name = Buffer.from(`x-${i}`)
    return Buffer.concat([Buffer.from([0, name.length]), name, Buffer.from([1, 0x31])])
  })
  const block = Buffer.concat([Buffer.from([0x88]), ...fields])
  return Buffer.concat([
    frame(settings, 0, 0, none),
    frame(settings, ack, 0, none),
    frame(headers, endStream, 1, block.subarray(0, 16_384)),
    frame(continuation, endHeaders, 1, block.subarray(16_384))
  ])
}

describe("Http2Over", () => {
  it.live(
    "does not end the process where the garbage collector takes a session whose header fields were too many",
    () =>
      Effect.gen(function* () {
        const answer = tooManyFields()
        const target = yield* HostileTargets.raw((socket) => socket.once("data", () => socket.write(answer)))
        const { error, said } = yield* endOf(target.port)
        assert.strictEqual(said, "Stream closed with error code NGHTTP2_ENHANCE_YOUR_CALM")
        assert.isNull(error)
      })
  )
})
