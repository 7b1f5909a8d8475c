/**
 * What is said in clear before a handshake, by protocol: SMTP (RFC 3207), IMAP and POP3 (RFC 2595, RFC 9051), FTP
 * (RFC 4217), PostgreSQL ("SSL Session Encryption"). Without any IO.
 */
import type { TlsCheck } from "@openseer/core"

/** What was received means: more has to come, the server does not want to, or go on after so many bytes. */
export type Verdict = "more" | "refused" | number

/** Something is said, unless the server begins; then its reply is awaited. Texts have a character for each byte. */
export interface Exchange {
  readonly send?: string
  readonly reply: (received: string) => Verdict
}

/** A reply of lines with codes, as SMTP and FTP give them: `220-` goes on, `220 ` is the last line. */
const coded =
  (code: string) =>
  (received: string): Verdict => {
    const lines = received.split("\n")
    if (lines.length === 1) return startsLike(received, /^\d{0,3}(?:$|[ \r-])/)
    const first = lines[0]!.slice(0, 3)
    if (!/^\d{3}$/.test(first)) return "refused"
    const last = lines.slice(0, -1).findIndex((line) => line.startsWith(first) && line[3] !== "-")
    if (last === -1) return "more"
    return first === code ? lengthOf(lines, last) : "refused"
  }

/** A reply of one line with this beginning, after any number of lines that begin with `skipped`. */
const lineOf =
  (wanted: RegExp, skipped?: string) =>
  (received: string): Verdict => {
    const lines = received.split("\n")
    const last = lines.slice(0, -1).findIndex((line) => skipped === undefined || !line.startsWith(skipped))
    if (last === -1) return "more"
    return wanted.test(lines[last]!) ? lengthOf(lines, last) : "refused"
  }

/** The length of the lines up to this one, with their ends. */
const lengthOf = (lines: ReadonlyArray<string>, last: number): number =>
  lines.slice(0, last + 1).reduce((sum, line) => sum + line.length + 1, 0)

const startsLike = (received: string, beginning: RegExp): Verdict => (beginning.test(received) ? "more" : "refused")

/** The eight bytes of an `SSLRequest`: its length, and the number that stands where a version would. */
const sslRequest = "\u0000\u0000\u0000\u0008\u0004\u00d2\u0016\u002f"

/** What is said, by protocol, until the server expects a handshake. */
export const exchanges: Record<TlsCheck.StartTlsProtocol, ReadonlyArray<Exchange>> = {
  smtp: [
    { reply: coded("220") },
    { send: "EHLO openseer.invalid\r\n", reply: coded("250") },
    { send: "STARTTLS\r\n", reply: coded("220") }
  ],
  imap: [{ reply: lineOf(/^\* (?:OK|PREAUTH)\b/i) }, { send: "a1 STARTTLS\r\n", reply: lineOf(/^a1 OK\b/i, "* ") }],
  pop3: [{ reply: lineOf(/^\+OK\b/) }, { send: "STLS\r\n", reply: lineOf(/^\+OK\b/) }],
  ftp: [{ reply: coded("220") }, { send: "AUTH TLS\r\n", reply: coded("234") }],
  postgres: [
    { send: sslRequest, reply: (received) => (received === "" ? "more" : received[0] === "S" ? 1 : "refused") }
  ]
}
