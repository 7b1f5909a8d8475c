/**
 * How a check shakes hands: whom it trusts, and as whom it comes.
 */
import { Effect, Schema } from "effect"
import { Host } from "./Host.ts"
import { Secret } from "./Secret.ts"

/** The longest PEM text of a spec, in characters: an authority with its chain fits. */
export const pemLengthMax = 32_768

/** One or more certificates in PEM. */
export const CertificatePem = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/.test(text) ||
      "must be certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"
  ),
  Schema.isMaxLength(pemLengthMax)
).annotate({ identifier: "CertificatePem" })

/** A certificate that the check presents when the server asks for one. */
export const ClientCertificate = Schema.Struct({
  certificate: CertificatePem.annotate({ description: "The certificate in PEM, with its chain if there is one" }),
  key: Secret.annotate({ description: "Its private key in PEM" }),
  passphrase: Schema.optionalKey(Secret.annotate({ description: "What the key is encrypted with" }))
}).annotate({ identifier: "ClientCertificate" })

/**
 * TLS of a check. `verify`: `full` checks chain and name, `chain` leaves the name out, `none` takes any certificate and
 * still describes it. `serverName` is sent as SNI and verified instead of the host. `keyExchange` `hybrid` adds
 * post-quantum key shares, at a third more CPU for each handshake.
 */
export const TlsSettings = Schema.Struct({
  verify: Schema.Literals(["full", "chain", "none"])
    .annotate({ description: "full: chain and name; chain: any name; none: any certificate" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("full" as const))),
  serverName: Schema.optionalKey(Host.annotate({ description: "SNI, and the name to verify, instead of the host" })),
  ca: Schema.optionalKey(CertificatePem.annotate({ description: "Authorities to trust besides the usual ones" })),
  clientCertificate: Schema.optionalKey(
    ClientCertificate.annotate({ description: "What the check presents when the server asks who it is" })
  ),
  minVersion: Schema.Literals(["TLSv1.2", "TLSv1.3"])
    .annotate({ description: "The oldest version that is good enough" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("TLSv1.2" as const))),
  keyExchange: Schema.Literals(["classical", "hybrid"])
    .annotate({ description: "hybrid: with post-quantum key shares" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("classical" as const)))
}).annotate({ identifier: "TlsSettings" })
export type TlsSettings = typeof TlsSettings.Type

/** What documents and forms say of TLS settings. */
export const tlsDescription = "Whom to trust, and as whom to come"

/** Whom a check with these settings takes for its target, as one text: part of a check type's `origin`. */
export const trustOf = ({ ca, serverName, verify }: TlsSettings = tlsDefault): string =>
  JSON.stringify([verify, serverName ?? null, ca ?? null])

/** TLS without anything special. */
export const tlsDefault: TlsSettings = { verify: "full", minVersion: "TLSv1.2", keyExchange: "classical" }
