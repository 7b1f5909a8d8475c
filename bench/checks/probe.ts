/** The process of a contestant that runs on Node: told what to do by messages, it answers with what it measured. */
import { ownCpuMs, pace, saturate } from "./Load.ts"
import { openSeerCheck } from "./OpenSeer.ts"
import { stockNodeCheck } from "./StockNode.ts"
import type { Subject } from "./Subject.ts"
import { undiciCheck } from "./Undici.ts"

/** What the bench asks for: first to make a check, then windows of load. */
export type Order =
  | { readonly make: "openseer" | "node" | "undici"; readonly subject: Subject }
  | { readonly saturate: { readonly concurrency: number; readonly checks?: number; readonly seconds?: number } }
  | { readonly pace: { readonly perSecond: number; readonly seconds: number } }

let check = stockNodeCheck({ urls: [], ca: "", timeoutMs: 0 })

const make = async (name: "openseer" | "node" | "undici", subject: Subject): Promise<null> => {
  if (name === "openseer") check = await openSeerCheck(subject)
  else check = name === "node" ? stockNodeCheck(subject) : undiciCheck(subject)
  return null
}

const obey = (order: Order) => {
  if ("make" in order) return make(order.make, order.subject)
  return "pace" in order ? pace(check, ownCpuMs, order.pace) : saturate(check, ownCpuMs, order.saturate)
}

process.on(
  "message",
  (order: Order) =>
    void obey(order).then((answer) => process.send?.({ answer, rssMb: process.memoryUsage.rss() / 1e6 }))
)
process.once("disconnect", () => process.exit(0))
