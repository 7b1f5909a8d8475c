/** Whether names whose servers never answer keep healthy ones waiting: eight beside twenty, all due at once. */
import { NameServer } from "@openseer/worker-sdk/testing"
import { Effect } from "effect"
import { quantile } from "../Table.ts"
import type { Nginx } from "./Nginx.ts"
import type { Section } from "./Section.ts"
import { inOrder, startWorker } from "./WorkerProcess.ts"

const hanging = 8
const healthy = 20
const rounds = 5
const roundMs = 3_000
const timeoutMs = 2_500

/** Five rounds after one that does not count. The healthy ones start when the others hang already. */
export const hangingNames = (nginx: Nginx): Promise<Section> =>
  Effect.gen(function* () {
    const names = yield* NameServer.make((name) => (name.startsWith("dead") ? "silence" : { addresses: ["127.0.0.1"] }))
    const port = new URL(nginx.urls.http[0]!).port
    const url = (name: string) => `http://${name}.bench.test:${port}/`
    const worker = yield* Effect.promise(() =>
      startWorker({
        urls: [
          ...Array.from({ length: hanging }, (_, index) => url(`dead${index}`)),
          ...Array.from({ length: healthy }, (_, index) => url(`healthy${index}`))
        ],
        ca: [],
        nameServers: [names.address],
        timeoutMs,
        concurrency: 256
      })
    )
    const each = hanging + healthy
    const due = Array.from({ length: each * (rounds + 1) }, (_, index) => ({
      url: index % each,
      dueMs: Math.floor(index / each) * roundMs + (index % each < hanging ? 0 : 200)
    }))
    const done = yield* Effect.promise(() => worker.run(due))
    yield* Effect.promise(worker.stop)
    const counted = inOrder(done).slice(each)
    const isHanging = ({ monitorKey }: { readonly monitorKey: number }) => (monitorKey - 1) % each < hanging
    const good = counted.filter((result) => !isHanging(result))
    const dnsMs = good.flatMap(({ observation }) =>
      observation === undefined ? [] : [(observation.phases["dnsUs"] ?? Number.NaN) / 1_000]
    )
    const up = good.filter(({ outcome }) => outcome === "up").length
    // Who was not measured at all was not quick.
    const slowest = dnsMs.length === good.length ? Math.max(...dnsMs) : Number.POSITIVE_INFINITY
    const reasons = new Set(counted.filter(isHanging).map(({ outcome, reason }) => `${outcome} (${reason})`))
    return {
      title: `${hanging} hanging names beside ${healthy} healthy ones, ${rounds} rounds`,
      head: ["healthy up", "dns p50 ms", "dns p99 ms", "dns max ms", "the hanging ones are"],
      rows: [
        [
          `${up} of ${good.length}`,
          quantile(dnsMs, 0.5).toFixed(2),
          quantile(dnsMs, 0.99).toFixed(2),
          Math.max(...dnsMs).toFixed(2),
          [...reasons].join(", ")
        ]
      ],
      verdicts: [{ what: "slowest healthy name", value: slowest, atMost: 20, unit: " ms" }],
      notes: []
    }
  }).pipe(Effect.scoped, Effect.runPromise)
