import { createClient, OpenSeerError } from "@openseer/client"
import { withDatabase, withServer } from "@openseer/example-ci"
import assert from "node:assert/strict"

const refusedWith = (kind: string) => (error: unknown) => error instanceof OpenSeerError && error.kind === kind

await withDatabase((DATABASE_URL) =>
  withServer("server.ts", { DATABASE_URL }, async (url) => {
    const signIn = async (user: string, password: string) => {
      const answer = await fetch(`${url}/sign-in`, { method: "POST", body: new URLSearchParams({ user, password }) })
      const cookie = answer.headers.getSetCookie()[0]?.split(";", 1)[0] ?? ""
      const client = createClient({
        baseUrl: url,
        fetch: (input, init) => {
          const headers = new Headers(init?.headers)
          headers.set("cookie", cookie)
          return fetch(input, { ...init, headers })
        }
      })
      return { ...client, signOut: () => fetch(`${url}/sign-out`, { method: "POST", headers: { cookie } }) }
    }
    const shop = { name: "Shop", spec: { url: "https://shop.example.com" } }

    const alice = await signIn("alice", "wonderland")
    const { id } = await alice.monitors.create(shop)
    await assert.rejects(alice.auditLog.list(), refusedWith("Forbidden"))

    const sam = await signIn("sam", "the-watch")
    assert.equal((await sam.monitors.list()).items.length, 1, "a colleague sees it")
    await assert.rejects(sam.monitors.create(shop), refusedWith("Forbidden"))

    const carol = await signIn("carol", "higher-further")
    const { items } = await carol.auditLog.list({ action: "monitor" })
    assert.deepEqual(
      items.map(({ action, actor, target }) => ({
        action,
        who: { kind: actor.kind, id: actor.id, name: actor.name },
        target: target?.id
      })),
      [{ action: "monitor.create", who: { kind: "embedder", id: "alice", name: "Alice Liddell" }, target: id }],
      "the audit log names who did it"
    )

    const bob = await signIn("bob", "happy-trees")
    assert.deepEqual((await bob.monitors.list()).items, [], "another customer sees nothing of it")

    await alice.signOut()
    await assert.rejects(alice.monitors.list(), refusedWith("Unauthorized"))
    await assert.rejects((await signIn("alice", "guessed")).monitors.list(), refusedWith("Unauthorized"))
  })
)
