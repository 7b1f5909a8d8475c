/** The target of the system bench, a process of its own: answers 200 at once, and prints its port. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const server = createServer((_, response) => response.end("ok"))
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port))
process.once("disconnect", () => process.exit(0))
