/**
 * The hostile targets, one of each kind, on loopback: those that the testing kit lists, or else those that it exports.
 */
import { Certificates, HostileTargets } from "@openseer/worker-sdk/testing"
import type { Effect, Scope } from "effect"

/** A kind of hostile target. */
export interface HostileKind {
  readonly name: string
  readonly start: Effect.Effect<HostileTargets.HostileTarget, never, Scope.Scope>
}

const pair = Certificates.makeAuthority().issue({ names: ["localhost"], addresses: ["127.0.0.1"] })
const expired = Certificates.makeAuthority().issue({ addresses: ["127.0.0.1"], validTo: new Date(0) })

/** What the testing kit lists itself, once it does. */
const { all } = HostileTargets as { readonly all?: ReadonlyArray<HostileKind> }

/** All kinds. A redirect to itself is redirected until the check gives up. */
export const hostileKinds: ReadonlyArray<HostileKind> = all ?? [
  { name: "refusing", start: HostileTargets.refusing },
  { name: "silent", start: HostileTargets.silent },
  { name: "resetting before the answer", start: HostileTargets.resetting("head") },
  { name: "resetting in the body", start: HostileTargets.resetting("body") },
  { name: "closing early", start: HostileTargets.closingEarly },
  { name: "dripping its head", start: HostileTargets.dripping("head", 50) },
  { name: "dripping its body", start: HostileTargets.dripping("body", 50) },
  { name: "endless", start: HostileTargets.endless },
  { name: "redirecting to itself", start: HostileTargets.redirecting(() => "/") },
  { name: "no HTTP", start: HostileTargets.answering(Buffer.alloc(4_096, 0xff)) },
  { name: "huge header section", start: HostileTargets.answering(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(1_000_000)}`) },
  { name: "slow first byte", start: HostileTargets.slow({ ttfbMs: 10_000, downloadMs: 0 }) },
  { name: "slow handshake", start: HostileTargets.slowTls({ tlsMs: 10_000, ttfbMs: 0, downloadMs: 0 }, pair) },
  { name: "untrusted", start: HostileTargets.http((_, response) => response.end(), pair) },
  { name: "expired", start: HostileTargets.http((_, response) => response.end(), expired) }
]
