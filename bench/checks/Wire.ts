/**
 * What was on the wire: packets of the loopback device with nanosecond timestamps, put together to connections. It needs
 * `tcpdump` and root.
 *
 * Each port of the target is a destination of its own and connections to one are opened in the order of their checks, so
 * the n-th check of a destination is its n-th connection. Nothing in the engine has to tell which port it sent from.
 */
import type { ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { findProgram, finished, printed, start } from "./Leftovers.ts"

/** One connection, in milliseconds of the wall clock; what did not come is NaN. */
export interface Connection {
  readonly synAt: number
  /** The target's answer to it. */
  readonly acceptedAt: number
  /** The last bytes of the answer. */
  readonly lastByteAt: number
}

/** A running capture. */
export interface Capture {
  /** Ends it: connections by the target's port, in the order in which they were opened. */
  readonly connections: () => Promise<ReadonlyMap<number, ReadonlyArray<Connection>>>
}

/** Why nothing can be captured here, or undefined. */
export const problem = (): string | undefined => {
  if (findProgram("tcpdump") === undefined) return "tcpdump is not installed: apt install tcpdump"
  return process.getuid?.() === 0 ? undefined : "capturing packets needs root"
}

/** Captures what goes to and comes from these ports. Resolves once it listens. */
export const startCapture = async (
  folder: string,
  [first, last]: readonly [number, number],
  name: string
): Promise<Capture> => {
  const file = join(folder, `${name}.pcap`)
  const child: ChildProcess = start(
    1,
    findProgram("tcpdump")!,
    `-i lo -n -Z root --time-stamp-precision=nano -s 128 -B 65536 -w ${file} tcp portrange ${first}-${last}`.split(" ")
  )
  await printed(child, /listening on/)
  let output = ""
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()))
  return {
    connections: async () => {
      // The kernel hands packets over in blocks, a half-filled one after a second; at the end of tcpdump it is lost.
      await new Promise((done) => setTimeout(done, 2_000))
      child.kill("SIGINT")
      await finished(child)
      const dropped = Number(/(\d+) packets dropped by kernel/.exec(output)?.[1] ?? 0)
      if (dropped > 0) console.error(`${dropped} packets were not captured: some truths are missing`)
      return parse(readFileSync(file), first, last)
    }
  }
}

interface Building {
  synAt: number
  acceptedAt: number
  /** Packets of the target that carry bytes: when, and how many. */
  readonly answers: Array<readonly [at: number, bytes: number]>
}

const nanosecondMagic = 0xa1b23c4d
const ethernet = 1
const fileHeaderBytes = 24
const packetHeaderBytes = 16
const ethernetBytes = 14

/** A TLS 1.3 alert, which says goodbye after the answer: a record header, two bytes, the inner type, the tag. */
const alertBytes = 24

const parse = (pcap: Buffer, first: number, last: number): ReadonlyMap<number, ReadonlyArray<Connection>> => {
  if (pcap.readUInt32LE(0) !== nanosecondMagic || pcap.readUInt32LE(20) !== ethernet) {
    throw new Error("tcpdump wrote another format than pcap of Ethernet frames with nanoseconds")
  }
  const byPort = new Map<number, Array<Building>>()
  /** By the ports of both sides: the connection that was opened last between them. */
  const open = new Map<number, Building>()
  for (let at = fileHeaderBytes; at + packetHeaderBytes <= pcap.length;) {
    const timeMs = pcap.readUInt32LE(at) * 1_000 + pcap.readUInt32LE(at + 4) / 1e6
    const captured = pcap.readUInt32LE(at + 8)
    const ip = at + packetHeaderBytes + ethernetBytes
    at += packetHeaderBytes + captured
    if (at > pcap.length) break
    const tcp = ip + (pcap.readUInt8(ip) & 0x0f) * 4
    const [source, destination] = [pcap.readUInt16BE(tcp), pcap.readUInt16BE(tcp + 2)]
    const flags = pcap.readUInt8(tcp + 13)
    const payload = pcap.readUInt16BE(ip + 2) - (tcp - ip) - (pcap.readUInt8(tcp + 12) >> 4) * 4
    const isToTarget = destination >= first && destination <= last
    const [port, client] = isToTarget ? [destination, source] : [source, destination]
    const key = client * 65_536 + port
    const known = open.get(key)
    if (isToTarget && (flags & 0x12) === 0x02) {
      // A SYN again, for want of an answer, opens nothing new.
      if (known !== undefined && Number.isNaN(known.acceptedAt)) continue
      const connection: Building = { synAt: timeMs, acceptedAt: Number.NaN, answers: [] }
      open.set(key, connection)
      byPort.set(port, [...(byPort.get(port) ?? []), connection])
    } else if (!isToTarget && known !== undefined) {
      if ((flags & 0x12) === 0x12 && Number.isNaN(known.acceptedAt)) known.acceptedAt = timeMs
      if (payload > 0) known.answers.push([timeMs, payload])
    }
  }
  return new Map(
    [...byPort].map(([port, connections]) => [
      port,
      connections.map(({ acceptedAt, answers, synAt }) => {
        const isAlert = (answers.at(-1)?.[1] ?? 0) <= alertBytes && answers.length > 1
        return { synAt, acceptedAt, lastByteAt: answers.at(isAlert ? -2 : -1)?.[0] ?? Number.NaN }
      })
    ])
  )
}
