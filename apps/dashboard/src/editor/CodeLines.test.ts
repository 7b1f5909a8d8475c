import { assert, describe, it } from "vitest"
import { checkLine, curlLine, quoted, withoutSecrets } from "./CodeLines.ts"

describe("a monitor as code", () => {
  it("has no secret in it, and survives any quote", () => {
    const input = withoutSecrets({ kind: "http", name: "it's", spec: { headers: { a: { secret: "hunter2" } } } })
    const line = curlLine("https://o.example", input)
    assert.notInclude(line, "hunter2")
    assert.include(line, String.raw`it'\''s`)
    assert.strictEqual(quoted("a'b"), String.raw`'a'\''b'`)
  })

  it("is a command for the kinds that the command takes, and none for the others", () => {
    const lines = [
      ["http", { url: "https://a.example/x" }, "npx openseer-worker check 'https://a.example/x'"],
      ["tcp", { host: "2001:db8::1", port: 5432 }, "npx openseer-worker check 'tcp://[2001:db8::1]:5432'"],
      ["dns", { name: "a.example", type: "MX" }, "npx openseer-worker check 'dns:a.example?type=MX'"],
      ["tcp", {}, undefined],
      ["heartbeat", {}, undefined]
    ] as const
    for (const [kind, spec, line] of lines) assert.strictEqual(checkLine({ kind, spec }), line)
  })
})
