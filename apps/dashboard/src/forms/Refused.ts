/**
 * What the API refuses without saying why, in the words of the page that asked.
 */
import { ApiProblem, problemOf } from "~/api/ApiProblem.ts"

/** For `catch`: a refused sign-in gets this title, everything else stays as it is. */
export const refusedAs =
  (title: string) =>
  (error: unknown): never => {
    const problem = problemOf(error)
    throw problem.type === "urn:openseer:problem:sign-in-refused" ? new ApiProblem({ ...problem, title }) : error
  }
