/**
 * A service of yours that is also a worker: it checks what only it can reach, from where it stands.
 *
 * The worker is a layer: it runs until the runtime is disposed of, and then hands in what it has done.
 */
import { Egress, HttpExecutor, Worker } from "@openseer/worker-sdk"
import { Layer, ManagedRuntime, Redacted } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const server = createServer((_, response) => response.end("a service of yours\n"))
server.listen(Number(process.env["PORT"] ?? 4000), "127.0.0.1")
await once(server, "listening")

const worker = ManagedRuntime.make(
  Worker.layer({
    controlPlane: process.env["OPENSEER_URL"] ?? "http://127.0.0.1:8080",
    enrollmentToken: Redacted.make(process.env["OPENSEER_ENROLLMENT_TOKEN"] ?? ""),
    executors: [HttpExecutor.httpExecutor],
    // It shares the event loop with the service: a few runs at a time leave room for both.
    concurrency: 16
  }).pipe(Layer.provide(Egress.layer({ allow: ["127.0.0.0/8"] })))
)
await worker.context()
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

process.once("SIGTERM", async () => {
  await worker.dispose()
  server.close()
  server.closeAllConnections()
})
