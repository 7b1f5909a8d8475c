/** Measures one window: time, CPU of this process and of the server, write-ahead log, table sizes. */
import { cpus } from "node:os"
import type { Client } from "pg"
import type { RoundResult } from "./Contestant.ts"
import { findPostmaster, readServerCpuMs } from "./ServerCpu.ts"

/**
 * Runs `drain`, which does `jobs` jobs, and says what it cost. `client` is a connection to the contestant's database
 * that does nothing else.
 */
export const measureWindow = async (client: Client, jobs: number, drain: () => Promise<void>): Promise<RoundResult> => {
  const identity = await client.query("select pg_backend_pid() as pid")
  const postmaster = await findPostmaster(identity.rows[0].pid)
  const serverCpu = () => (postmaster === null ? null : readServerCpuMs(postmaster))

  const tableBytesBefore = await readTableBytes(client)
  const walBefore = await readWalPosition(client)
  const serverBefore = await serverCpu()
  const machineBefore = readMachineCpuMs()
  const nodeBefore = process.cpuUsage()
  const start = performance.now()

  await drain()

  const elapsedMs = performance.now() - start
  const node = process.cpuUsage(nodeBefore)
  const machineMs = readMachineCpuMs() - machineBefore
  const serverAfter = await serverCpu()
  const walBytes = (await readWalPosition(client)) - walBefore
  const tableBytesAfter = await readTableBytes(client)

  const nodeCpuMs = (node.user + node.system) / 1_000
  const postgresCpuMs = serverBefore === null || serverAfter === null ? null : serverAfter - serverBefore
  return {
    jobs,
    seconds: elapsedMs / 1_000,
    nodeCpuMs,
    postgresCpuMs,
    walBytes,
    tableBytesBefore,
    tableBytesAfter,
    otherCores: postgresCpuMs === null ? null : Math.max(0, (machineMs - nodeCpuMs - postgresCpuMs) / elapsedMs)
  }
}

const readWalPosition = async (client: Client): Promise<number> => {
  const { rows } = await client.query("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes")
  return rows[0].bytes
}

const readTableBytes = async (client: Client): Promise<number> => {
  const { rows } = await client.query(
    `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')`
  )
  return rows[0].bytes
}

const readMachineCpuMs = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
