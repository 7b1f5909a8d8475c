/**
 * What is known of one run, whether it was stored, run now or a draft: one shape for all pages that show one.
 */
import type { Assertion, Judgement, Observation } from "@openseer/core"
import type { RunReport } from "@openseer/core/contract/MonitorsApi"
import type { Result } from "@openseer/core/contract/ResultsApi"

/** A certificate as JSON has it. */
export interface Certificate {
  readonly subject: string
  readonly names: ReadonlyArray<string>
  readonly issuer: string
  readonly validFrom: string
  readonly validTo: string
  readonly keyType: string
  readonly fingerprint256: string
}

/** What else was observed. */
export interface EvidenceDetail {
  readonly address?: string
  readonly family?: string
  readonly protocol?: string
  readonly redirectTarget?: string
  readonly truncated?: boolean
  readonly wireBytes?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: { readonly version: string; readonly cipher: string; readonly chain: ReadonlyArray<Certificate> }
  readonly hops?: ReadonlyArray<Observation.Hop>
  readonly dns?: Observation.Dns
  readonly excerpt?: string
  /** The check type's own facts. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** One run as it is shown. Without `totalUs` nothing was measured. */
export interface Evidence {
  readonly outcome: Judgement.Outcome
  readonly reason?: string
  readonly message?: string
  readonly totalUs?: number
  readonly phases?: Observation.Phases
  readonly statusCode?: number
  readonly sizeBytes?: number
  readonly failedAssertions?: ReadonlyArray<Assertion.FailedAssertion>
  /** Absent where it was not kept. */
  readonly detail?: EvidenceDetail
}

/** Of a run that nobody has stored: everything is there. */
export const ofReport = ({ observation, ...judged }: RunReport): Evidence => {
  if (observation === undefined) return judged
  const { phases, sizeBytes, statusCode, totalUs, ...detail } = observation
  return {
    ...judged,
    totalUs,
    phases,
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    detail: detail as unknown as EvidenceDetail
  }
}

/** Of a stored result: the detail is kept of what was not up. */
export const ofResult = (result: Result): Evidence => {
  const { detail, outcome } = result
  return {
    outcome,
    ...(result.reason === undefined ? {} : { reason: result.reason }),
    ...(result.message === undefined ? {} : { message: result.message }),
    ...(result.totalUs > 0 ? { totalUs: result.totalUs, phases: result.phases } : {}),
    ...(result.statusCode === undefined ? {} : { statusCode: result.statusCode }),
    ...(result.sizeBytes > 0 ? { sizeBytes: result.sizeBytes } : {}),
    ...(result.failedAssertions === undefined ? {} : { failedAssertions: result.failedAssertions }),
    ...(detail === undefined ? {} : { detail: detail as EvidenceDetail })
  }
}

/** How a certificate stands at an instant: whole days left, negative once it has expired. */
export const daysLeft = (certificate: Certificate, now: number): number =>
  Math.floor((Date.parse(certificate.validTo) - now) / 86_400_000)
