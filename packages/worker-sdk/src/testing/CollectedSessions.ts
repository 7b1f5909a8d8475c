/**
 * Opens one HTTP/2 session after the other to the port of 127.0.0.1 that is its argument, lets go of each at its first
 * error, and collects garbage at every event in between: a program, to be run with `--expose-gc`.
 *
 * It ends with the errors on its output, or by Node's own hand.
 */
import { once } from "node:events"
import { type AddressInfo, connect, createServer } from "node:net"
import { http2Over } from "../egress/Http2Over.ts"

const port = Number(process.argv[2])
const sessions = 20

const collect = (chunk: Buffer): Buffer => {
  globalThis.gc!({ type: "minor" })
  return chunk
}

/** Sockets that are always ready: between any two events of another, there is one of theirs. */
const collectAllTheTime = async (): Promise<void> => {
  const echo = createServer((socket) => socket.on("data", (chunk) => socket.write(collect(chunk))))
  await once(echo.listen(0, "127.0.0.1"), "listening")
  for (let i = 0; i < 4; i++) {
    const socket = connect((echo.address() as AddressInfo).port, "127.0.0.1", () => socket.write("."))
    socket.on("data", (chunk) => socket.write(collect(chunk)))
  }
}

const errorOfOne = async (): Promise<string> => {
  const socket = connect(port, "127.0.0.1").on("error", () => {})
  await once(socket, "connect")
  const session = http2Over(socket, `http://127.0.0.1:${port}`).on("error", () => {})
  const stream = session.request({ ":path": "/" })
  const message = await new Promise<string>((resolve) =>
    stream.once("error", (error: NodeJS.ErrnoException) => {
      session.destroy()
      socket.destroy()
      resolve(error.message)
    })
  )
  await new Promise((later) => setTimeout(later, 5))
  return message
}

await collectAllTheTime()
const seen = new Set<string>()
for (let i = 0; i < sessions; i++) seen.add(await errorOfOne())
process.stdout.write([...seen].join("\n"))
process.exit(0)
