/**
 * One monotonic clock for all processes of a machine.
 *
 * `performance.now()` counts from the start of its process, so an instant of one means nothing in another. The clock
 * below it does not: `process.hrtime` reads the system's monotonic clock in every process. The two tick together, so the
 * difference is taken once, between two readings that lie as close together as can be.
 */

const readings = 16

const hrtimeMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** The machine's clock less this process' `performance.now`, in milliseconds: right within half of the closest pair. */
const offsetMs = Array.from({ length: readings }, () => {
  const before = performance.now()
  const machine = hrtimeMs()
  const after = performance.now()
  return { apart: after - before, offset: machine - (before + after) / 2 }
}).reduce((best, reading) => (reading.apart < best.apart ? reading : best)).offset

/** From an instant of this process (`performance.now`) to the machine's, in milliseconds. */
export const toMachine = (instant: number): number => instant + offsetMs

/** From an instant of the machine to this process', in milliseconds. */
export const fromMachine = (instant: number): number => instant - offsetMs
