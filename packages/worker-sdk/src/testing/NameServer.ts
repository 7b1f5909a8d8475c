/**
 * A name server on loopback that answers from a script: names that move, hang and fail, without anybody's resolver.
 */
import { Effect, type Scope } from "effect"
import { createSocket } from "node:dgram"

/** What to answer: addresses of the type that was asked for, a failure, or nothing at all. */
export type NameAnswer =
  | { readonly addresses: ReadonlyArray<string>; readonly delayMs?: number }
  | "nxdomain"
  | "servfail"
  | "silence"

/** A running name server. `address` is what a resolver takes as server; `questions` are in the order of arrival. */
export interface NameServer {
  readonly address: string
  readonly questions: ReadonlyArray<{ readonly name: string; readonly type: "A" | "AAAA" }>
}

/** Starts one on a free port of 127.0.0.1; it ends with the scope. */
export const make = (
  answer: (name: string, type: "A" | "AAAA") => NameAnswer
): Effect.Effect<NameServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<NameServer & { readonly close: () => void }>((resume) => {
      const questions: Array<NameServer["questions"][number]> = []
      const socket = createSocket("udp4")
      let isClosed = false
      socket.on("message", (query, { address, port }) => {
        const question = parseQuestion(query)
        questions.push(question)
        const answered = answer(question.name, question.type)
        if (answered === "silence") return
        const delayMs = typeof answered === "string" ? 0 : (answered.delayMs ?? 0)
        setTimeout(() => {
          if (!isClosed) socket.send(encode(query, question.type, answered), port, address)
        }, delayMs)
      })
      socket.bind(0, "127.0.0.1", () =>
        resume(
          Effect.succeed({
            address: `127.0.0.1:${socket.address().port}`,
            questions,
            close: () => {
              isClosed = true
              socket.close()
            }
          })
        )
      )
    }),
    ({ close }) => Effect.sync(close)
  )

const headerBytes = 12

/** The end of the question section, which begins after the header: labels, a zero, type and class. */
const questionEnd = (query: Buffer): number => query.indexOf(0, headerBytes) + 5

const parseQuestion = (query: Buffer): NameServer["questions"][number] => {
  const labels: Array<string> = []
  for (let at = headerBytes; query[at] !== 0; at += query.readUInt8(at) + 1) {
    labels.push(query.toString("latin1", at + 1, at + 1 + query.readUInt8(at)))
  }
  return { name: labels.join("."), type: query.readUInt16BE(questionEnd(query) - 4) === 28 ? "AAAA" : "A" }
}

const encode = (query: Buffer, type: "A" | "AAAA", answer: Exclude<NameAnswer, "silence">): Buffer => {
  const addresses = typeof answer === "string" ? [] : answer.addresses.map(bytesOf).filter(isOfType[type])
  const header = Buffer.alloc(headerBytes)
  query.copy(header, 0, 0, 2)
  // A response to a standard query, recursion desired and available, with the code of the failure.
  header.writeUInt16BE(0x8180 | (answer === "nxdomain" ? 3 : answer === "servfail" ? 2 : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  return Buffer.concat([
    header,
    query.subarray(headerBytes, questionEnd(query)),
    // The name by a pointer to the question; class IN; a time to live of a minute, which nobody may heed.
    ...addresses.flatMap((bytes) => [
      Buffer.from([0xc0, headerBytes, 0, bytes.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, bytes.length]),
      Buffer.from(bytes)
    ])
  ])
}

const isOfType = {
  A: (bytes: ReadonlyArray<number>) => bytes.length === 4,
  AAAA: (bytes: ReadonlyArray<number>) => bytes.length === 16
}

const groups = (text: string): ReadonlyArray<number> =>
  text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16))

const bytesOf = (address: string): ReadonlyArray<number> => {
  if (!address.includes(":")) return address.split(".").map(Number)
  const [head = "", tail] = address.split("::")
  const last = tail === undefined ? [] : groups(tail)
  const first = groups(head)
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0)
  return [...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff])
}
