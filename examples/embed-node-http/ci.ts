import { checkEmbedded, withDatabase, withServer } from "@openseer/example-ci"
import assert from "node:assert/strict"

await withDatabase((DATABASE_URL) =>
  withServer("server.ts", { DATABASE_URL }, async (url) => {
    assert.match(await (await fetch(url)).text(), /^Hello/)
    await checkEmbedded(url)
  })
)
