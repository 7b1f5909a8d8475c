/**
 * What the API answers when it can't do what was asked, as an error that pages and forms can show.
 */

/** An RFC 9457 problem as the control plane sends it. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  /** What is wrong with which member: `spec.url`. */
  readonly errors?: ReadonlyArray<{ readonly path: string; readonly message: string }>
  /** Names the trace, to look it up in the logs. */
  readonly instance?: string
  readonly retryAfterSeconds?: number
}

/** A problem as an error. Told apart by `name`, since an error that came over from the server has lost its class. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem"
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
    // Of no use to whoever reads it, and it would travel to the browser.
    delete this.stack
  }
}

/** The problem behind an error; of an error that is none, what can be said without giving anything away. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof Error && error.name === "ApiProblem" && "problem" in error) return error.problem as Problem
  console.error(error)
  return { type: "about:blank", title: "Something went wrong on this page", status: 500 }
}

/** The problem that an answer which is not a success tells of. */
export const fromResponse = async (response: Response): Promise<ApiProblem> => {
  const json = await response.json().catch(() => undefined)
  if (isProblem(json)) return new ApiProblem(json)
  return new ApiProblem({
    type: "about:blank",
    title: `The control plane answered ${response.status}`,
    status: response.status
  })
}

const isProblem = (json: unknown): json is Problem =>
  typeof json === "object" && json !== null && "title" in json && typeof json.title === "string" && "status" in json
