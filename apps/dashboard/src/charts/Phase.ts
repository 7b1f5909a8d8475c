/**
 * The phases of a check in the order in which they happen: how they are called and drawn.
 */
import type { Observation } from "@openseer/core"

/** The name of a phase, as in columns of a series. */
export type PhaseName = Observation.PhaseName

/** A phase: its word, what it is, and its tone as a fill, a text and a CSS variable. */
export interface Phase {
  readonly name: PhaseName
  readonly word: string
  readonly title: string
  readonly fill: string
  readonly variable: string
}

/** All phases, the first one first. */
export const phases: ReadonlyArray<Phase> = [
  {
    name: "dns",
    word: "DNS",
    title: "Finding the address of the name",
    fill: "fill-phase-dns",
    variable: "--phase-dns"
  },
  {
    name: "connect",
    word: "Connect",
    title: "Establishing the connection",
    fill: "fill-phase-connect",
    variable: "--phase-connect"
  },
  { name: "tls", word: "TLS", title: "The TLS handshake", fill: "fill-phase-tls", variable: "--phase-tls" },
  {
    name: "ttfb",
    word: "First byte",
    title: "From the request to the first byte of the answer",
    fill: "fill-phase-ttfb",
    variable: "--phase-ttfb"
  },
  {
    name: "download",
    word: "Download",
    title: "From the first byte to the last one",
    fill: "fill-phase-download",
    variable: "--phase-download"
  }
]

/** How long a phase of a run took, in microseconds. */
export const phaseUs = (of: Observation.Phases, name: PhaseName): number => of[`${name}Us`]
