/**
 * The secure contexts of handshakes: whom a check trusts, as whom it comes, and what it offers. Made once, never per
 * check.
 *
 * Options are tuned for checks, which shake hands anew each time: classical key shares only (OpenSSL makes an ML-KEM key
 * for every hello otherwise), and AES-128 first.
 */
import * as crypto from "node:crypto"
import * as tls from "node:tls"

/** What a context is made of. All certificates and keys are in PEM. */
export interface SecureContextOptions {
  /** Authorities besides the usual ones. */
  readonly ca?: ReadonlyArray<string>
  readonly clientCertificate?: {
    readonly certificate: string
    readonly key: string
    readonly passphrase?: string
  }
  readonly minVersion?: "TLSv1.2" | "TLSv1.3"
  /** `hybrid` is what Node offers by itself: with post-quantum key shares. `classical` by default. */
  readonly keyExchange?: "classical" | "hybrid"
}

/** How many contexts are kept. Those without certificates of the author's are four. */
const keptMaxDefault = 500

const classicalGroups = "X25519:P-256:P-384"

/** Contexts by what they are made of, all with these further authorities; of many, those that were used last. */
export class SecureContexts {
  readonly #ca: ReadonlyArray<string>
  readonly #keptMax: number
  readonly #byOptions = new Map<string, tls.SecureContext>()
  /** The keys of options that were asked for before: to digest certificates on each connection takes 10 us. */
  readonly #keys = new WeakMap<SecureContextOptions, string>()

  constructor(ca: ReadonlyArray<string> = [], keptMax = keptMaxDefault) {
    this.#ca = ca
    this.#keptMax = keptMax
    // What most checks need, so that not even the first one's connect phase has the making of it.
    this.of({})
  }

  /** How many are kept now. */
  get size(): number {
    return this.#byOptions.size
  }

  /** The context of these options, sooner for an object that was asked for before. Throws what Node throws of a certificate or key that it can't read. */
  of(options: SecureContextOptions): tls.SecureContext {
    let key = this.#keys.get(options)
    if (key === undefined) {
      key = keyOf(options)
      this.#keys.set(options, key)
    }
    const known = this.#byOptions.get(key)
    const context = known ?? make([...this.#ca, ...(options.ca ?? [])], options)
    // The order of a Map is that of insertion: what was used last stands last, what goes stands first.
    this.#byOptions.delete(key)
    this.#byOptions.set(key, context)
    if (this.#byOptions.size > this.#keptMax) this.#byOptions.delete(this.#byOptions.keys().next().value!)
    return context
  }
}

/** A digest when there is a private key or the like in it, so that none is kept as text. */
const keyOf = ({
  ca = [],
  clientCertificate,
  keyExchange = "classical",
  minVersion = "TLSv1.2"
}: SecureContextOptions): string => {
  const plain = `${minVersion} ${keyExchange}`
  if (ca.length === 0 && clientCertificate === undefined) return plain
  const { certificate, key, passphrase } = clientCertificate ?? {}
  return `${plain} ${crypto.hash("sha256", JSON.stringify([ca, certificate, key, passphrase]))}`
}

const make = (ca: ReadonlyArray<string>, options: SecureContextOptions): tls.SecureContext => {
  const { clientCertificate, keyExchange = "classical", minVersion = "TLSv1.2" } = options
  const context = tls.createSecureContext({
    minVersion,
    ...(keyExchange === "classical" ? { ecdhCurve: classicalGroups } : {}),
    ciphers: `TLS_AES_128_GCM_SHA256:${tls.DEFAULT_CIPHERS}`,
    ...(clientCertificate === undefined
      ? {}
      : {
          cert: clientCertificate.certificate,
          key: clientCertificate.key,
          ...(clientCertificate.passphrase === undefined ? {} : { passphrase: clientCertificate.passphrase })
        })
  })
  // Besides the usual authorities. The option `ca` would replace them, and naming all of them there parses each of them
  // anew: 40 ms and a megabyte for each context, where this takes one millisecond.
  for (const pem of ca) (context.context as { addCACert: (pem: string) => void }).addCACert(pem)
  return context
}
