import { expect, it } from "vitest"
import { userAgentWords } from "./UserAgentWords.ts"

it("names browser, version and system", () => {
  const words = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":
      "Chrome 156 on Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0":
      "Edge 156 on Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1":
      "Safari 19 on iPhone",
    "Mozilla/5.0 (Linux; Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0": "Firefox 145 on Android",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":
      "Safari 26 on macOS",
    "curl/8.14.1": "curl 8"
  }
  for (const [userAgent, expected] of Object.entries(words)) expect(userAgentWords(userAgent)).toBe(expected)
})

it("shows what it does not know as it is, and nothing endless", () => {
  expect(userAgentWords(undefined)).toBe("Unknown browser")
  expect(userAgentWords("<b>mine</b>")).toBe("<b>mine</b>")
  expect(userAgentWords("x".repeat(500))).toHaveLength(60)
})
