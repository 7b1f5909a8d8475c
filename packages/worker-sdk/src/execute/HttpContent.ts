/**
 * The content of an answer, for assertions to look at: made into text only when somebody looks.
 */
import type { Observation } from "@openseer/core"
import type { IncomingHttpHeaders } from "node:http"

/** How many bytes of a body are kept when no assertion looks at it: an excerpt is made of them if the check fails. */
export const excerptBytesMax = 8_192

/** Header fields by lower-case name; repeated ones are joined by a comma and a space. */
export const joinedHeaders = (raw: ReadonlyArray<string>): { readonly [name: string]: string } => {
  // No prototype: a field may be called __proto__ or constructor.
  const joined: { [name: string]: string } = Object.create(null)
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    const value = raw[i + 1]!
    joined[name] = joined[name] === undefined ? value : `${joined[name]}, ${value}`
  }
  return joined
}

/** The same of fields that Node has taken apart. */
export const joinedFields = (headers: IncomingHttpHeaders): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = ""]) => [name, Array.isArray(value) ? value.join(", ") : String(value)])
  )

/** The text of a body: as its byte order mark says, else as the content type says, else UTF-8. Bad bytes are replaced. */
export const decodeText = (bytes: Buffer, contentType: string | undefined, isWhole: boolean): string => {
  const label = markOf(bytes) ?? charsetOf(contentType) ?? "utf-8"
  // A character that was cut in the middle is left out, not replaced.
  return decoderOf(label).decode(bytes, { stream: !isWhole })
}

const markOf = (bytes: Buffer): string | undefined => {
  const [a, b, c] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8"
  if (a === 0xfe && b === 0xff) return "utf-16be"
  return a === 0xff && b === 0xfe ? "utf-16le" : undefined
}

const charsetOf = (contentType = ""): string | undefined => /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1]

/** An unknown label means UTF-8, as it does to browsers. A decoder holds state while it streams: one for each text. */
const decoderOf = (label: string): TextDecoder => {
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder()
  }
}

/** See {@link Observation.Content}. `isWhole` is false when there was more than these pieces of the body. */
export class HttpContent implements Observation.Content {
  readonly #rawHeaders: ReadonlyArray<string>
  readonly #contentType: string | undefined
  readonly #pieces: ReadonlyArray<Buffer>
  readonly #isWhole: boolean
  #headers: { readonly [name: string]: string } | undefined
  #body: string | undefined

  constructor(options: {
    readonly rawHeaders: ReadonlyArray<string>
    readonly contentType: string | undefined
    readonly pieces: ReadonlyArray<Buffer>
    readonly isWhole: boolean
  }) {
    this.#rawHeaders = options.rawHeaders
    this.#contentType = options.contentType
    this.#pieces = options.pieces
    this.#isWhole = options.isWhole
  }

  get headers(): { readonly [name: string]: string } {
    return (this.#headers ??= joinedHeaders(this.#rawHeaders))
  }

  get body(): string {
    return (this.#body ??= decodeText(Buffer.concat(this.#pieces), this.#contentType, this.#isWhole))
  }
}
