/**
 * With what a shard's process is started.
 */

/**
 * V8's options for a process that measures. A scavenge's pause grows with the dead socket handles in the young generation
 * and falsifies what is measured: with 2 MB and one thread, the p99 of the error was 2.1 ms against 5.2.
 */
const measuringFlags = ["--max-semi-space-size=2", "--single-threaded-gc"]

/** Tokens that speak to the control plane: whoever speaks to targets has no use for them. */
const secrets = new Set(["OPENSEER_ENROLLMENT_TOKEN", "OPENSEER_CLUSTER_TOKEN"])

/** The environment of this process, without its tokens. */
export const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([variable]) => !secrets.has(variable)))

/** The options of Node of this process, less those of its debugger, whose port is taken, and those for measuring. */
export const nodeOptions = (further: ReadonlyArray<string>): Array<string> => [
  ...process.execArgv.filter((option) => !/^--(inspect|max-semi-space-size|min-semi-space-size)\b/.test(option)),
  ...measuringFlags,
  ...further
]
