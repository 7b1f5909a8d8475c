import { expect, it } from "vitest"
import { problemSentence } from "./ProblemSentence.ts"

it("says what happened, what more the server said, and when to try again", () => {
  const type = "urn:openseer:problem:"
  expect(problemSentence({ type: `${type}last-owner`, title: "This is the last owner", status: 409 })).toBe(
    "This is the last owner."
  )
  expect(
    problemSentence({
      type: `${type}link-invalid`,
      title: "This link is not valid any more",
      detail: "openseer setup-link prints a new one",
      status: 410
    })
  ).toBe("This link is not valid any more. openseer setup-link prints a new one.")
  expect(
    problemSentence({
      type: `${type}too-many-attempts`,
      title: "Too many attempts",
      status: 429,
      retryAfterSeconds: 125
    })
  ).toBe("Too many attempts. Try again in 3 min.")
})

it("does not ask people for an API key", () => {
  expect(
    problemSentence({ type: "urn:openseer:problem:unauthorized", title: "Send a valid API key", status: 401 })
  ).not.toContain("API key")
})
