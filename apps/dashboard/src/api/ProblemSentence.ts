/**
 * A problem in words for people.
 */
import type { Problem } from "~/api/ApiProblem.ts"

/** Problems whose title speaks to programs. */
const titles: Readonly<Record<string, string>> = {
  unauthorized: "You are not signed in any more. Sign in again in another tab, then repeat this.",
  forbidden: "Your role does not allow that.",
  "bad-input": "Some of it can't be taken: see below."
}

/** What happened, more of it when the server said more, and when to try again. */
export const problemSentence = (problem: Problem): string => {
  const name = /^urn:openseer:problem:(.+)$/.exec(problem.type)?.[1] ?? ""
  const title = Object.hasOwn(titles, name) ? titles[name]! : problem.title
  const detail = problem.detail === undefined || problem.detail === title ? [] : [problem.detail]
  const wait = problem.retryAfterSeconds ? [`Try again in ${inWords(problem.retryAfterSeconds)}`] : []
  return [title, ...detail, ...wait].map(ended).join(" ")
}

const inWords = (seconds: number): string => (seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`)

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
