/**
 * CPU time of a whole PostgreSQL server on this Linux machine, read from /proc.
 *
 * Every process of PostgreSQL is a child of the postmaster, which reaps those that exit; the kernel then adds their CPU
 * to the postmaster's `cutime` and `cstime`. The postmaster's own four counters plus those of its living children
 * therefore miss nobody.
 */
import { readdir, readFile } from "node:fs/promises"

/** Milliseconds a clock tick of /proc/<pid>/stat: USER_HZ is 100 on every platform that Node runs on. */
const tickMs = 10

interface Process {
  readonly name: string
  readonly parent: number
  /** Ticks of the process itself. */
  readonly own: number
  /** Ticks of the children that it has reaped. */
  readonly reaped: number
}

/** The postmaster's process id, given that of one of its backends; null when that backend does not run here. */
export const findPostmaster = async (backend: number): Promise<number | null> => {
  const child = await readProcess(backend)
  return child !== null && child.name === "postgres" ? child.parent : null
}

/** User and system CPU, in milliseconds, that the postmaster and its living and exited children have used so far. */
export const readServerCpuMs = async (postmaster: number): Promise<number> => {
  for (;;) {
    const before = await readProcess(postmaster)
    if (before === null) throw new Error(`the postmaster, process ${postmaster}, is gone`)
    const all = await Promise.all((await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(readProcess))
    const after = await readProcess(postmaster)
    // A child reaped between the readings would be counted twice or not at all: then read again.
    if (after === null || after.reaped !== before.reaped) continue
    return (
      all
        .filter((process) => process?.parent === postmaster)
        .reduce((sum, child) => sum + (child?.own ?? 0) + (child?.reaped ?? 0), after.own + after.reaped) * tickMs
    )
  }
}

const readProcess = async (pid: number | string): Promise<Process | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null)
  if (stat === null) return null
  // The name is in parentheses and may hold spaces; the fields after it are numbered from 3.
  const close = stat.lastIndexOf(")")
  const fields = stat.slice(close + 2).split(" ")
  const field = (number: number) => Number(fields[number - 3])
  return {
    name: stat.slice(stat.indexOf("(") + 1, close),
    parent: field(4),
    own: field(14) + field(15),
    reaped: field(16) + field(17)
  }
}
