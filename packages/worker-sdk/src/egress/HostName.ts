/**
 * Hosts as executors hand them over: a name or an address, without brackets.
 */
import * as net from "node:net"
import { domainToASCII } from "node:url"

/** Whether a host is written as an address, without brackets. */
export const isAddress = (host: string): boolean => net.isIP(host) !== 0

/** A name as name servers, certificates and rules know it: lower case, IDNA, without the dot of the root. */
export const canonicalName = (host: string): string => {
  const name = isAscii(host) ? host : domainToASCII(host) || host
  return name.toLowerCase().replace(/\.+$/, "")
}

/**
 * Whether the last label of a name is a number, as in `127.1`, `0x7f.1` and `2130706433`. The URL standard reads such a
 * name as an address, others ask for it: it is neither here.
 */
export const endsInNumber = (name: string): boolean => /(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(name)

const isAscii = (host: string): boolean => {
  for (let i = 0; i < host.length; i++) if (host.charCodeAt(i) > 0x7f) return false
  return true
}
