/** What every contestant is told: what to check, whom to trust, and how long to wait. */
export interface Subject {
  readonly urls: ReadonlyArray<string>
  /** The authority's certificate, in PEM. */
  readonly ca: string
  readonly timeoutMs: number
}
