/**
 * What the failure of a statement means to whoever asked for it. The driver's own classes leave out that a server is
 * starting, stopping or out of something: to it those are unknown errors.
 */
import type { SqlError } from "effect/sql/SqlError"

/**
 * `unreachable`: no server that can work now. `conflict`: others work on the same rows. `timeout`: it took too long.
 * `refused`: it answers, and will answer the same again.
 */
export type SqlFailure = "unreachable" | "conflict" | "timeout" | "refused"

/**
 * Conditions of the server that pass: out of connections, memory or disk (class 53), shutting down (57P01), ended by a
 * crash (57P02), starting or stopping (57P03), and a standby that was a primary (25006). Codes:
 * PostgreSQL's documentation, appendix A.
 */
const passing = /^(?:53...|57P0[123]|25006)$/

/** Tells what a failure means. */
export const of = ({ reason }: SqlError): SqlFailure => {
  switch (reason._tag) {
    case "ConnectionError":
      return "unreachable"
    case "StatementTimeoutError":
    case "LockTimeoutError":
      return "timeout"
    case "DeadlockError":
    case "SerializationError":
      return "conflict"
    default:
      return passing.test(sqlState(reason.cause) ?? "") ? "unreachable" : "refused"
  }
}

/** Whether the same statement may succeed a moment later. */
export const isTransient = (error: SqlError): boolean => {
  const failure = of(error)
  return failure === "unreachable" || failure === "conflict"
}

/** What PostgreSQL or the network said, for the operator's console only: it may name people, tables and hosts. */
export const detailOf = ({ reason }: SqlError): string => {
  const { cause } = reason
  if (!(cause instanceof Error)) return reason.message
  const hint = "hint" in cause && typeof cause.hint === "string" ? ` (${cause.hint})` : ""
  return `${cause.message}${hint}`
}

const sqlState = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined
