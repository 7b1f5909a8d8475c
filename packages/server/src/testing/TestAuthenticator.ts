/** The app on a telephone that shows codes: RFC 6238 with SHA-1, six digits, 30 seconds. */
import { decodeBase32IgnorePadding } from "@oslojs/encoding"
import { generateHOTP } from "@oslojs/otp"

/** The code of a secret in Base32, as people are shown it, for one of the steps of 30 s since 1970. */
export const codeOf = (secret: string, step: number): string =>
  generateHOTP(decodeBase32IgnorePadding(secret.replaceAll(" ", "")), BigInt(step), 6)

/**
 * Shows codes as they are needed: none twice, for none is taken twice. The second within 30 s is that of the next step,
 * which is taken as well; there is no third.
 */
export const make = (secret: string): (() => string) => {
  let shown = 0
  return () => {
    shown = Math.max(Math.floor(Date.now() / 30_000), shown + 1)
    return codeOf(secret, shown)
  }
}
