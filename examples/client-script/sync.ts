/**
 * Keeps the monitors of a team like a list in its repository, and says which of them are not up. Running it twice changes
 * nothing the second time.
 */
import { createClient, OpenSeerError, paginate } from "@openseer/client"

const services = [
  { name: "Shop", url: "https://shop.example.com/health" },
  { name: "Ledger", url: "https://ledger.example.com/health" }
]
const tag = "team:payments"

const { monitors } = createClient({
  baseUrl: process.env["OPENSEER_URL"] ?? "http://127.0.0.1:8080",
  apiKey: process.env["OPENSEER_API_KEY"]
})

const sync = async () => {
  const existing = new Map<string, { readonly id: string; readonly target: string }>()
  for await (const monitor of paginate(monitors.list, { tag })) existing.set(monitor.name, monitor)

  for (const { name, url } of services) {
    const monitor = existing.get(name)
    existing.delete(name)
    if (monitor === undefined) {
      await monitors.create({ name, spec: { url }, intervalMs: 30_000, tags: [tag] })
      console.log(`created ${name}`)
    } else if (monitor.target !== url) {
      await monitors.update({ monitorId: monitor.id, spec: { url } })
      console.log(`changed ${name}`)
    }
  }
  for (const [name, { id }] of existing) {
    await monitors.remove({ monitorId: id })
    console.log(`removed ${name}`)
  }

  for await (const { name, state } of paginate(monitors.list, { tag })) {
    if (state !== "up") console.log(`${name} is ${state}`)
  }
}

await sync().catch((error: unknown) => {
  if (!(error instanceof OpenSeerError)) throw error
  console.error(`${error.kind}: ${error.message}`)
  process.exitCode = 1
})
