/**
 * What the TLS settings of a spec mean for a handshake.
 */
import { Secret, type TlsSettings } from "@openseer/core"
import type { Peer, TlsOptions } from "../egress/Dial.ts"

/**
 * The options by which a handshake with this host is made. The same object for the settings of one spec, by which the
 * secure context is found again.
 */
export const optionsOf = (settings: TlsSettings.TlsSettings, host: string, alpn: ReadonlyArray<string>): TlsOptions => {
  const known = made.get(settings)
  if (known !== undefined && known.host === host && known.alpn.join() === alpn.join()) return known.options
  const options = make(settings, host, alpn)
  made.set(settings, { host, alpn, options })
  return options
}

interface Made {
  readonly host: string
  readonly alpn: ReadonlyArray<string>
  readonly options: TlsOptions
}

const made = new WeakMap<TlsSettings.TlsSettings, Made>()

const make = (settings: TlsSettings.TlsSettings, host: string, alpn: ReadonlyArray<string>): TlsOptions => {
  const { ca, clientCertificate, keyExchange, minVersion, serverName = host } = settings
  return {
    serverName,
    alpn,
    minVersion,
    keyExchange,
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: revealed(clientCertificate) })
  }
}

/** The certificate of a spec as it is presented. For the moment of use: nothing that holds it may be logged. */
export const revealed = ({
  certificate,
  key,
  passphrase
}: NonNullable<TlsSettings.TlsSettings["clientCertificate"]>): NonNullable<TlsOptions["clientCertificate"]> => ({
  certificate,
  key: Secret.reveal(key),
  ...(passphrase === undefined ? {} : { passphrase: Secret.reveal(passphrase) })
})

/** The problem of a peer that counts by these settings: none with `none`, the chain's with `chain`. */
export const problemOf = (
  { verify }: Pick<TlsSettings.TlsSettings, "verify">,
  { problem }: Pick<Peer, "problem">
): string | undefined =>
  verify === "none" || (verify === "chain" && problem === "HOSTNAME_MISMATCH") ? undefined : problem
