/**
 * QR codes, made on the server: browsers get a path to draw.
 */
import { encode } from "uqr"

/** `path` in a square of `size` units: the dark modules, with a quiet zone around them. */
export interface QrCode {
  readonly size: number
  readonly path: string
}

/** A light border of four modules, as the standard asks for. */
const border = 4

/** No URI of an authenticator app is this long. */
const lengthMax = 1_000

/** The code of a text. */
export const qrCode = (text: string): QrCode => {
  const { data, size } = encode(text.slice(0, lengthMax), { ecc: "M", border })
  const runs = data.flatMap((row, y) =>
    [
      ...row
        .map((dark) => (dark ? "1" : "0"))
        .join("")
        .matchAll(/1+/g)
    ].map(({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
  )
  return { size, path: runs.join("") }
}
