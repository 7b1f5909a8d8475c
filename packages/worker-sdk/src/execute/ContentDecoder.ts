/**
 * Takes content codings (RFC 9110 section 8.4) off a body while it arrives: gzip, deflate, br and zstd, up to three on
 * top of each other.
 *
 * Memory is bounded however much a body inflates: output is handed on in pieces, and input waits until the last piece
 * was taken. Who has enough calls `destroy`.
 */
import type { Transform } from "node:stream"
import * as zlib from "node:zlib"

const makers = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  // RFC 9110 means zlib's format; some servers send bare deflate. The first byte of zlib's names its method, 8.
  deflate: (first: Buffer) => (((first[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()),
  br: () => zlib.createBrotliDecompress(),
  // RFC 9659: a window of 8 MB is all that a client must have; without the bound, a frame may ask for 128 MB.
  zstd: () => zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } })
} as const

/** A content coding that can be taken off. */
export type Coding = keyof typeof makers

/** The most codings on top of each other. */
export const codingsMax = 3

/** What a `Content-Encoding` names, in the order in which it was put on, or the first name that can't be taken off. */
export const codingsOf = (contentEncoding: string): ReadonlyArray<Coding> | { readonly unknown: string } => {
  const names = contentEncoding
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
  const unknown = names.find((name) => !Object.hasOwn(makers, name))
  if (unknown !== undefined) return { unknown }
  return names.length > codingsMax ? { unknown: `${names.length} codings at once` } : (names as ReadonlyArray<Coding>)
}

/** Where the decoded bytes go. */
export interface DecodedSink {
  readonly onData: (chunk: Buffer) => void
  readonly onEnd: () => void
  /** What came can't be decoded. Nothing follows. */
  readonly onBroken: (coding: Coding, why: string) => void
  /** Input may go on after `write` was false. */
  readonly onDrain: () => void
}

/** Codings, taken off in the reverse of the order in which they were put on. */
export class ContentDecoder {
  readonly #codings: ReadonlyArray<Coding>
  readonly #sink: DecodedSink
  readonly #streams: Array<Transform & zlib.Zlib> = []
  #zstdBytes = 0

  constructor(codings: ReadonlyArray<Coding>, sink: DecodedSink) {
    this.#codings = codings.toReversed()
    this.#sink = sink
  }

  /** False when no more should be written until `onDrain`. */
  write(chunk: Buffer): boolean {
    return this.#write(0, chunk)
  }

  /** All input was written. */
  end(): void {
    this.#end(0)
  }

  /** Nothing more is wanted. */
  destroy(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  #write(stage: number, chunk: Buffer): boolean {
    if (stage < this.#codings.length) {
      if (this.#codings[stage] === "zstd") this.#zstdBytes += chunk.length
      return (this.#streams[stage] ??= this.#begin(stage, chunk)).write(chunk)
    }
    this.#sink.onData(chunk)
    return true
  }

  #begin(stage: number, first: Buffer): Transform & zlib.Zlib {
    const coding = this.#codings[stage]!
    const stream: Transform & zlib.Zlib = makers[coding](first)
    stream.on("data", (chunk: Buffer) => {
      if (!this.#write(stage + 1, chunk)) stream.pause()
    })
    stream.on("end", () => {
      // Node's decoder ends with the first frame, and loses what came with it. Half a body must not pass for one.
      if (coding === "zstd" && stream.bytesWritten < this.#zstdBytes) this.#break(coding, "it has more than one frame")
      else this.#end(stage + 1)
    })
    stream.on("error", (error: NodeJS.ErrnoException) => this.#break(coding, error.code ?? error.name))
    stream.on("drain", () => {
      if (stage === 0) this.#sink.onDrain()
      else this.#streams[stage - 1]!.resume()
    })
    return stream
  }

  #break(coding: Coding, why: string): void {
    this.destroy()
    this.#sink.onBroken(coding, why)
  }

  /** A stage without any input has no output: an empty body needs no coding. */
  #end(stage: number): void {
    if (stage === this.#codings.length) this.#sink.onEnd()
    else if (this.#streams[stage] === undefined) this.#end(stage + 1)
    else this.#streams[stage].end()
  }
}
