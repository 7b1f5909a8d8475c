import { assert, describe, it } from "@effect/vitest"
import type { TlsCheck } from "@openseer/core"
import { exchanges, type Verdict } from "./StartTlsPreface.ts"

const verdicts: ReadonlyArray<
  readonly [protocol: TlsCheck.StartTlsProtocol, exchange: number, received: string, verdict: Verdict]
> = [
  ["smtp", 0, "", "more"],
  ["smtp", 0, "22", "more"],
  ["smtp", 0, "220 mail.test", "more"],
  ["smtp", 0, "220 mail.test\r\n", 15],
  ["smtp", 0, "220\r\n", 5],
  ["smtp", 0, "220-mail.test\r\n", "more"],
  ["smtp", 0, "220-mail.test\r\n220 ready\r\n", 26],
  ["smtp", 0, "554 no\r\n", "refused"],
  ["smtp", 0, "554-no\r\n", "more"],
  ["smtp", 0, "SSH-2.0", "refused"],
  ["smtp", 1, "250-a\r\n250 STARTTLS\r\n", 21],
  ["smtp", 2, "502 no\r\n", "refused"],
  ["ftp", 0, "220-Welcome\r\n to us\r\n220 now\r\n", 30],
  ["ftp", 1, "234 go\r\n", 8],
  ["ftp", 1, "500 what\r\n", "refused"],
  ["imap", 0, "* OK hello\r\n", 12],
  ["imap", 0, "* BYE full\r\n", "refused"],
  ["imap", 1, "* CAPABILITY IMAP4rev2\r\n", "more"],
  ["imap", 1, "* CAPABILITY IMAP4rev2\r\na1 OK go\r\n", 34],
  ["imap", 1, "a1 BAD what\r\n", "refused"],
  ["pop3", 0, "+OK hello\r\n", 11],
  ["pop3", 1, "-ERR what\r\n", "refused"],
  ["postgres", 0, "", "more"],
  ["postgres", 0, "S", 1],
  ["postgres", 0, "N", "refused"],
  ["postgres", 0, "E", "refused"]
]

describe("the reply before a handshake", () => {
  for (const [protocol, exchange, received, verdict] of verdicts) {
    it(`${JSON.stringify(received)} to step ${exchange} of ${protocol} is ${verdict}`, () => {
      assert.strictEqual(exchanges[protocol][exchange]!.reply(received), verdict)
    })
  }
})
