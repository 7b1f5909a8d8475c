/**
 * Reads the body of an answer: counts it, decodes it, keeps what is asked for, and stops at a limit.
 */
import { type Coding, ContentDecoder } from "./ContentDecoder.ts"
import type { Fault } from "./SocketFault.ts"

/**
 * How much more than the limit of decoded bytes may come over the wire: codings that hold nothing, like empty frames,
 * would be read for ever.
 */
const overheadBytesMax = 65_536

/** So many pieces are joined to one: a body that comes byte by byte would take a hundred times its size. */
const loosePiecesMax = 256

/** How a body is read. */
export interface HttpBodyOptions {
  /** Reading stops at this many decoded bytes. */
  readonly bytesMax: number
  /** How many decoded bytes are kept. */
  readonly keptBytesMax: number
  readonly codings: ReadonlyArray<Coding>
  readonly listener: HttpBodyListener
}

/** Who is told of a body. */
export interface HttpBodyListener {
  /** The source may go on. */
  readonly onBodyResume: () => void
  /** All that shall be read is there, and decoded. Told once, and nothing after it. */
  readonly onBodyDone: () => void
  readonly onFault: (fault: Fault) => void
}

/** The body of one answer. */
export class HttpBody {
  /** Bytes after and before decoding. */
  sizeBytes = 0
  wireBytes = 0
  /** There was more than the limit. */
  isTruncated = false
  /** The first decoded bytes. */
  readonly pieces: Array<Buffer> = []
  #keptBytes = 0
  /** How many of the last pieces are as they came. */
  #loosePieces = 0
  /** The wire has no more; the decoder has no more. */
  #isReceived = false
  #isDecoded = false
  #isOver = false
  readonly #options: HttpBodyOptions
  readonly #decoder: ContentDecoder | undefined

  constructor(options: HttpBodyOptions) {
    this.#options = options
    if (options.codings.length > 0) {
      this.#decoder = new ContentDecoder(options.codings, {
        onData: (chunk) => this.#take(chunk),
        onEnd: () => {
          this.#isDecoded = true
          if (this.#isReceived) this.#done()
        },
        onBroken: (coding, why) => {
          if (this.#isOver || this.#isDecoded) return
          this.#isOver = true
          options.listener.onFault({
            reason: "decode_failed",
            message: `the body could not be decoded as ${coding}: ${why}`
          })
        },
        onDrain: () => options.listener.onBodyResume()
      })
    }
  }

  /** Whether all decoded bytes were kept. */
  get isWhole(): boolean {
    return !this.isTruncated && this.#keptBytes === this.sizeBytes
  }

  /** Takes what came over the wire. False when the source should wait for `resume`. */
  write(chunk: Buffer): boolean {
    if (this.#isOver) return true
    this.wireBytes += chunk.length
    if (this.#decoder === undefined) {
      this.#take(chunk)
      return true
    }
    if (this.wireBytes > this.#options.bytesMax + overheadBytesMax) {
      this.#truncate()
      return true
    }
    // What comes after the end of a coding is nothing.
    return this.#isDecoded || this.#decoder.write(chunk)
  }

  /** The wire has no more. */
  end(): void {
    if (this.#isOver) return
    this.#isReceived = true
    if (this.#decoder === undefined || this.#isDecoded) this.#done()
    else this.#decoder.end()
  }

  /** Nothing more is wanted. */
  destroy(): void {
    this.#isOver = true
    this.#decoder?.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return
    const { bytesMax, keptBytesMax } = this.#options
    const isTooMuch = this.sizeBytes + chunk.length > bytesMax
    const taken = isTooMuch ? chunk.subarray(0, bytesMax - this.sizeBytes) : chunk
    this.sizeBytes += taken.length
    const wanted = keptBytesMax - this.#keptBytes
    if (wanted > 0) {
      const piece = taken.length > wanted ? taken.subarray(0, wanted) : taken
      this.pieces.push(piece)
      this.#keptBytes += piece.length
      if (++this.#loosePieces === loosePiecesMax) this.#joinLoosePieces()
    }
    if (isTooMuch) this.#truncate()
  }

  #joinLoosePieces(): void {
    const loose = this.pieces.splice(-this.#loosePieces)
    this.pieces.push(Buffer.concat(loose))
    this.#loosePieces = 0
  }

  #truncate(): void {
    this.isTruncated = true
    this.#done()
  }

  #done(): void {
    if (this.#isOver) return
    this.destroy()
    this.#options.listener.onBodyDone()
  }
}
