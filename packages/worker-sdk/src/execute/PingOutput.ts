/**
 * What `ping` prints: of iputils (Linux), BusyBox (Alpine) and BSD (macOS). Without any IO.
 */

/** What a line says, as far as it matters. */
export type PingLine =
  | { readonly reply: number; readonly rttUs: number }
  /** Somebody on the way says that there is no way. */
  | { readonly unreachable: string }
  /** The system does not let us. */
  | { readonly refused: string }

/** The number of the echo request that a reply is to, whatever it is called. */
const sequence = /\b(?:icmp_)?seq=(\d{1,5})\b/

const time = /\btime[=<](\d{1,7}(?:\.\d{1,6})?) ?ms\b/

const noWay =
  /\b(?:(?:Destination|Network|Net|Host|Port|Communication)\b.*\b(?:[Uu]nreachable|[Pp]rohibited)|[Tt]ime to live exceeded|Time exceeded|No route to host|[Nn]etwork is unreachable)/

const notAllowed =
  /\b(?:[Oo]peration not permitted|[Pp]ermission denied|are you root|[Mm]issing cap_net_raw|[Ii]nvalid option|[Uu]nrecognized option|[Ii]llegal option|[Uu]nknown option|[Ll]ack of privilege)/

/** Reads a line, of standard output or standard error. Undefined: it says nothing. */
export const readLine = (line: string): PingLine | undefined => {
  // Copies of a reply count once; so do replies that somebody else sent.
  if (line.includes("DUP!") || line.includes("DIFFERENT ADDRESS!")) return undefined
  const way = noWay.exec(line)
  if (way !== null) return { unreachable: way[0] }
  const reply = sequence.exec(line)
  const took = time.exec(line)
  if (reply !== null && took !== null) return { reply: Number(reply[1]), rttUs: Math.round(Number(took[1]) * 1_000) }
  const reason = notAllowed.exec(line)
  return reason === null ? undefined : { refused: reason[0] }
}
