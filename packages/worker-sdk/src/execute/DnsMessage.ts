/**
 * DNS messages (RFC 1035, EDNS of RFC 6891): a question to bytes, and bytes to what an observation keeps.
 */
import { type DnsCheck, Observation } from "@openseer/core"
import { type Answer, decode, encode, RECURSION_DESIRED } from "dns-packet"

/** What is asked. `id` tells the answer from others. */
export interface Question {
  readonly id: number
  readonly name: string
  readonly type: DnsCheck.RecordType
  readonly recursion: boolean
}

/** The answer to a question. `aliases` are the names of CNAME records where the asked type is another. */
export interface Reply {
  readonly rcode: string
  readonly isTruncated: boolean
  readonly isAuthoritative: boolean
  readonly answers: ReadonlyArray<Observation.DnsAnswer>
  readonly aliases: ReadonlyArray<string>
}

/** How large an answer over UDP may be: what passes through networks in one piece (DNS Flag Day 2020). */
const udpPayloadSize = 1_232

const headerBytes = 12

/** A question in bytes. */
export const encodeQuestion = ({ id, name, recursion, type }: Question): Buffer =>
  encode({
    type: "query",
    id,
    flags: recursion ? RECURSION_DESIRED : 0,
    questions: [{ type, name, class: "IN" }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: []
      }
    ]
  })

/**
 * Reads what came for a question. `foreign`: it is not its answer, but a late one, a forged one, or noise. `malformed`: it
 * says that it is, but can't be read.
 */
export const read = (bytes: Buffer, question: Question): Reply | "foreign" | "malformed" => {
  if (bytes.length < headerBytes || bytes.readUInt16BE(0) !== question.id || (bytes[2]! & 0x80) === 0) return "foreign"
  try {
    return replyOf(bytes, question)
  } catch {
    return "malformed"
  }
}

const replyOf = (bytes: Buffer, question: Question): Reply | "foreign" | "malformed" => {
  const isTruncated = (bytes[2]! & 0x02) !== 0
  const isAuthoritative = (bytes[2]! & 0x04) !== 0
  const rcode = bytes[3]! & 0x0f
  // Of a truncated answer nothing but the header counts, and some servers cut it off behind that.
  if (isTruncated) return { rcode: rcodeName(rcode), isTruncated, isAuthoritative, answers: [], aliases: [] }
  const extended = extendedRcodeOf(bytes)
  const { answers = [], questions = [] } = decode(firstAnswersOf(bytes))
  // Servers that don't understand a question need not repeat it.
  if (questions.length === 0 ? rcode === 0 : !isSame(questions[0]!, question)) return "foreign"
  const hasAsked = answers.some(({ type }) => type === question.type)
  return {
    rcode: rcodeName((extended << 4) | rcode),
    isTruncated,
    isAuthoritative,
    answers: hasAsked ? answers.map(answerOf) : [],
    aliases: hasAsked ? [] : answers.flatMap((record) => (record.type === "CNAME" ? [nameOf(record.data)] : []))
  }
}

/**
 * The message without the records that are not kept: to follow the names of all of them takes more than a second, if they
 * are made for it.
 */
const firstAnswersOf = (bytes: Buffer): Buffer => {
  const first = Buffer.from(bytes)
  first.writeUInt16BE(Math.min(bytes.readUInt16BE(6), Observation.dnsAnswersMax), 6)
  first.writeUInt32BE(0, 8)
  return first
}

const typeOpt = 41

/** The upper bits of the response code, which EDNS adds. Throws of a message that ends too early. */
const extendedRcodeOf = (bytes: Buffer): number => {
  let at = headerBytes
  let extended = 0
  for (let left = bytes.readUInt16BE(4); left > 0; left--) at = afterName(bytes, at) + 4
  for (let left = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10); left > 0; left--) {
    at = afterName(bytes, at)
    if (bytes.readUInt16BE(at) === typeOpt) extended = bytes[at + 4]!
    at += 10 + bytes.readUInt16BE(at + 8)
  }
  if (at > bytes.length) throw new RangeError("a record goes beyond the message")
  return extended
}

/** The end of a name: of labels up to the root, or up to a pointer, which is not followed. */
const afterName = (bytes: Buffer, offset: number): number => {
  let at = offset
  for (;;) {
    const length = bytes.readUInt8(at)
    if (length >= 0xc0) return at + 2
    if (length === 0) return at + 1
    at += length + 1
  }
}

const isSame = (asked: { readonly name: string; readonly type: string }, { name, type }: Question): boolean =>
  asked.type === type && withoutRoot(asked.name) === withoutRoot(name)

const withoutRoot = (name: string): string => name.replace(/\.$/, "").toLowerCase()

/** The names of IANA's registry, as far as servers answer questions with them. */
const rcodeNames: { readonly [rcode: number]: string } = {
  0: "NOERROR",
  1: "FORMERR",
  2: "SERVFAIL",
  3: "NXDOMAIN",
  4: "NOTIMP",
  5: "REFUSED",
  6: "YXDOMAIN",
  7: "YXRRSET",
  8: "NXRRSET",
  9: "NOTAUTH",
  10: "NOTZONE",
  16: "BADVERS",
  23: "BADCOOKIE"
}

const rcodeName = (rcode: number): string => rcodeNames[rcode] ?? `RCODE${rcode}`

const answerOf = (record: Answer): Observation.DnsAnswer => ({
  type: record.type.slice(0, 16),
  data: cut(dataOf(record)),
  ttlS: "ttl" in record ? (record.ttl ?? 0) : 0
})

/** Record data as it is written in a zone file (RFC 1035 section 5.1). */
const dataOf = (record: Answer): string => {
  switch (record.type) {
    case "A":
    case "AAAA":
      return record.data
    case "CNAME":
    case "DNAME":
    case "NS":
    case "PTR":
      return nameOf(record.data)
    case "MX":
      return `${record.data.preference} ${nameOf(record.data.exchange)}`
    case "TXT": {
      const { data } = record
      return (Array.isArray(data) ? data : [data]).map(quoted).join(" ")
    }
    case "SOA": {
      const { expire, minimum, mname, refresh, retry, rname, serial } = record.data
      return `${nameOf(mname)} ${nameOf(rname)} ${serial} ${refresh} ${retry} ${expire} ${minimum}`
    }
    case "SRV": {
      const { port, priority, target, weight } = record.data
      return `${priority} ${weight} ${port} ${nameOf(target)}`
    }
    case "CAA":
      return `${record.data.flags} ${visible(record.data.tag)} ${quoted(record.data.value)}`
    default:
      // What was not asked for (signatures, say) in the form for unknown types (RFC 3597 section 5).
      return "data" in record && Buffer.isBuffer(record.data)
        ? `\\# ${record.data.length} ${record.data.toString("hex")}`
        : "\\#"
  }
}

const nameOf = (name: string): string => (name === "." ? "." : `${visible(name)}.`)

/** Bytes that are not printable ASCII as `\DDD`. */
const visible = (text: string): string => escape(Buffer.from(text, "utf8"), "")

const quoted = (text: string | Buffer): string =>
  `"${escape(typeof text === "string" ? Buffer.from(text, "utf8") : text, '"\\')}"`

const escape = (bytes: Buffer, special: string): string => {
  let text = ""
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    if (byte < 0x20 || byte > 0x7e) text += `\\${String(byte).padStart(3, "0")}`
    else text += special.includes(character) ? `\\${character}` : character
  }
  return text
}

const cut = (data: string): string =>
  data.length <= Observation.dnsAnswerLengthMax ? data : `${data.slice(0, Observation.dnsAnswerLengthMax - 1)}…`
