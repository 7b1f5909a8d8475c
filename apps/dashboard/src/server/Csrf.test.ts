import { assert, describe, it } from "vitest"
import { isOwn } from "~/server/Csrf.ts"

const rows: ReadonlyArray<readonly [sentence: string, headers: Record<string, string>, own: boolean]> = [
  ["sent by a page of this origin", { "sec-fetch-site": "same-origin", origin: "http://here" }, true],
  ["sent by another site", { "sec-fetch-site": "cross-site", origin: "http://here" }, false],
  ["sent by a sister site", { "sec-fetch-site": "same-site", origin: "http://here" }, false],
  ["sent by nobody's page, as from the address bar", { "sec-fetch-site": "none" }, false],
  ["sent by an older browser from here", { origin: "http://here" }, true],
  ["sent by an older browser through a proxy that changes Host", { origin: "https://public.example" }, true],
  ["sent by an older browser from elsewhere", { origin: "http://evil.example" }, false],
  ["sent from the same name on another port", { origin: "http://here:81" }, false],
  ["sent from a sandboxed frame or a file", { origin: "null" }, false],
  ["sent from an origin that only begins alike", { origin: "http://here.evil.example" }, false],
  ["sent with a Referer alone, which says nothing", { referer: "http://here/" }, false],
  ["sent with nothing that says from where", {}, false]
]

describe("Csrf", () => {
  for (const [sentence, headers, own] of rows) {
    it(`${own ? "takes" : "refuses"} what is ${sentence}`, () => {
      assert.strictEqual(isOwn(new Headers({ host: "here", ...headers }), "public.example"), own)
    })
  }
})
